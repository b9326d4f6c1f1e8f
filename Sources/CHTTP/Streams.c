#include "CHTTPStreams.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/// A peer that has gone without a word is noticed within a minute, also where nothing is sent for hours.
static int watch_over(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    int on = 1, idle = 30, interval = 10, count = 3;
    unsigned int unanswered = 60000;
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
    return CURL_SOCKOPT_OK;
}

CURLcode http_stream_set_defaults(CURL *handle, int may_use_http2) {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, watch_over);
    // Where a connection is being made, a second request waits for it instead of making another.
    curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 1L);
    return curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                            may_use_http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
}
