#pragma once

// Setters for requests whose answers are read as they come; see HTTPStreams.swift.
#include <curl/curl.h>
#include <stddef.h>

/// What holds for every such request. Redirects are not followed: whoever speaks to an API wants its own answer.
CURLcode http_stream_set_defaults(CURL *handle, int may_use_http2);

/// The body is copied; NULL for none.
static inline CURLcode http_stream_set_method(CURL *handle, const char *method, const void *body, size_t size) {
    if (body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
    }
    return curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
}
/// What a kept connection swallowed without an answer is sent again by curl; over a new one, nothing is sent twice.
static inline CURLcode http_stream_set_unrepeated(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
}
static inline CURLcode http_stream_set_connect_timeout_ms(CURL *handle, long milliseconds) {
    return curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
}
/// `list` is kept by the caller until the end.
static inline CURLcode http_stream_set_connect_to(CURL *handle, struct curl_slist *list) {
    return curl_easy_setopt(handle, CURLOPT_CONNECT_TO, list);
}
/// An empty `proxy` is none, whatever the environment says.
static inline CURLcode http_stream_set_proxy(CURL *handle, const char *proxy) {
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
    return curl_easy_setopt(handle, CURLOPT_PROXY, proxy);
}
/// `buffer` holds at least CURL_ERROR_SIZE bytes and is kept by the caller until the end.
static inline CURLcode http_stream_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}
static inline CURLcode http_stream_set_blob(CURL *handle, CURLoption option, const void *data, size_t size) {
    struct curl_blob blob = {.data = (void *)data, .len = size, .flags = CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}
/// Only these authorities count, and none of the system's.
static inline CURLcode http_stream_set_authorities(CURL *handle, const void *data, size_t size) {
    curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(handle, CURLOPT_CAINFO, NULL);
    return http_stream_set_blob(handle, CURLOPT_CAINFO_BLOB, data, size);
}
static inline CURLcode http_stream_set_identity(CURL *handle, const void *certificate, size_t certificate_size,
                                                const void *key, size_t key_size) {
    curl_easy_setopt(handle, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLKEYTYPE, "PEM");
    http_stream_set_blob(handle, CURLOPT_SSLCERT_BLOB, certificate, certificate_size);
    return http_stream_set_blob(handle, CURLOPT_SSLKEY_BLOB, key, key_size);
}
/// Whoever answers is believed.
static inline CURLcode http_stream_set_unverified(CURL *handle) {
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    return curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
}
/// Lets a transfer go on whose writer answered CURL_WRITEFUNC_PAUSE; the writer may be called before it returns.
static inline CURLcode http_stream_continue(CURL *handle) { return curl_easy_pause(handle, CURLPAUSE_CONT); }
/// The error number of the last connection that could not be made; 0 where none is known.
static inline long http_stream_get_os_error(CURL *handle) {
    long number = 0;
    curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
    return number;
}
