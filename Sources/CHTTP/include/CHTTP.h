#pragma once

// libcurl's option setters are variadic and do not import into Swift; these inline functions do.
#include <curl/curl.h>
#include <stdint.h>

typedef size_t (*http_write_callback)(char *, size_t, size_t, void *);

static inline CURLcode http_set_url(CURL *handle, const char *url) { return curl_easy_setopt(handle, CURLOPT_URL, url); }
static inline CURLcode http_set_timeout_ms(CURL *handle, long milliseconds) {
    return curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds);
}
/// After how many seconds without a connection, or without a byte, a transfer ends.
static inline CURLcode http_set_stall(CURL *handle, long seconds) {
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, seconds);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    return curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, seconds);
}
static inline CURLcode http_set_defaults(CURL *handle) {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
}
/// For one large transfer: the proxy of the user's environment is used. Redirects are followed to addresses of the given
/// schemes, and not at all where these are NULL. A header with a login goes to no other host; see CURLOPT_UNRESTRICTED_AUTH.
static inline CURLcode http_set_transfer_defaults(CURL *handle, const char *redirect_schemes) {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, redirect_schemes ? 1L : 0L);
    curl_easy_setopt(handle, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
    if (redirect_schemes) curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, redirect_schemes);
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
}
static inline long http_get_redirects(CURL *handle) {
    long count = 0;
    curl_easy_getinfo(handle, CURLINFO_REDIRECT_COUNT, &count);
    return count;
}
static inline CURLcode http_set_headers(CURL *handle, struct curl_slist *headers) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}
/// The form is copied; the request becomes a POST.
static inline CURLcode http_set_form(CURL *handle, const char *form) {
    return curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, form);
}
/// The body is copied; the request becomes a POST, and goes through the proxy of the user's environment.
static inline CURLcode http_set_body(CURL *handle, const void *body, size_t size) {
    curl_easy_setopt(handle, CURLOPT_PROXY, NULL);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    return curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
}
/// The body is copied where there is one; no proxy is used.
static inline CURLcode http_set_request(CURL *handle, const char *method, const void *body, size_t size) {
    if (body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
    }
    return curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
}
/// By whom a server's certificate has to be signed, and with what one shows who one is; NULL for what holds anyway.
static inline CURLcode http_set_trust(CURL *handle, const char *ca, const char *certificate, const char *key, int verifies) {
    if (ca) curl_easy_setopt(handle, CURLOPT_CAINFO, ca);
    if (ca) curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
    if (certificate) curl_easy_setopt(handle, CURLOPT_SSLCERT, certificate);
    if (key) curl_easy_setopt(handle, CURLOPT_SSLKEY, key);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
    return curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L);
}
/// Lines of HOST:PORT:HOST:PORT: who is asked where the first is named.
static inline CURLcode http_set_connect_to(CURL *handle, struct curl_slist *hosts) {
    return curl_easy_setopt(handle, CURLOPT_CONNECT_TO, hosts);
}
enum { http_error_size = CURL_ERROR_SIZE };
/// What went wrong in detail is written there.
static inline CURLcode http_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}
/// For how many seconds the other side wants to be left alone; 0 where it did not say.
static inline long http_get_retry_after(CURL *handle) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return (long)seconds;
}
static inline CURLcode http_set_header_reader(CURL *handle, http_write_callback reader, void *context) {
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    return curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, reader);
}
static inline CURLcode http_set_writer(CURL *handle, http_write_callback writer, void *context) {
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, writer);
}
static inline CURLcode http_set_private(CURL *handle, void *pointer) {
    return curl_easy_setopt(handle, CURLOPT_PRIVATE, pointer);
}
static inline void *http_get_private(CURL *handle) {
    char *pointer = NULL;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &pointer);
    return pointer;
}
static inline long http_get_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
/// The next finished transfer, or NULL; its result code goes to `result`.
static inline CURL *http_next_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

#include "CHTTPStreams.h"
