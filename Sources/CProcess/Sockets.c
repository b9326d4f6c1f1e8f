#define _GNU_SOURCE
#include "CProcess.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const int kind = SOCK_CLOEXEC | SOCK_NONBLOCK;
static const int backlog = 64;

/// Returns the length of the address, or 0 where the name is too long or none.
static socklen_t unix_address(struct sockaddr_un *address, const char *name) {
    size_t length = strlen(name);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path) return 0;
    memcpy(address->sun_path, name, length);
    // The length of an abstract name is all of it; see unix(7).
    if (name[0] == '@') address->sun_path[0] = 0;
    else length += 1;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/// Closes a descriptor and keeps the error that led to it.
static int given_up(int descriptor) {
    int failure = errno;
    close(descriptor);
    errno = failure;
    return -1;
}

int socket_tell(const char *name, const char *bytes, size_t count) {
    struct sockaddr_un address;
    if (name[0] != '/' && name[0] != '@') return EAFNOSUPPORT;
    socklen_t length = unix_address(&address, name);
    if (length == 0) return ENAMETOOLONG;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | kind, 0);
    if (descriptor < 0) return errno;
    ssize_t sent = sendto(descriptor, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    int failure = sent == (ssize_t)count ? 0 : errno;
    close(descriptor);
    return failure;
}

int socket_listen_on(const char *address, unsigned short *port) {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } place;
    memset(&place, 0, sizeof place);
    int is_six = strchr(address, ':') != NULL;
    socklen_t length = is_six ? sizeof place.six : sizeof place.four;
    if (is_six) {
        place.six.sin6_family = AF_INET6;
        place.six.sin6_port = htons(*port);
        if (inet_pton(AF_INET6, address, &place.six.sin6_addr) != 1) return errno = EINVAL, -1;
    } else {
        place.four.sin_family = AF_INET;
        place.four.sin_port = htons(*port);
        if (inet_pton(AF_INET, address, &place.four.sin_addr) != 1) return errno = EINVAL, -1;
    }
    int descriptor = socket(place.any.sa_family, SOCK_STREAM | kind, 0);
    if (descriptor < 0) return -1;
    // The port is free at once where the process before it ended with connections open.
    int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(descriptor, &place.any, length) != 0 || listen(descriptor, backlog) != 0) return given_up(descriptor);
    if (getsockname(descriptor, &place.any, &length) != 0) return given_up(descriptor);
    *port = ntohs(is_six ? place.six.sin6_port : place.four.sin_port);
    return descriptor;
}

/// Whether what is at a path is a socket at which nobody listens any more.
static int is_left_over(const char *path, const struct sockaddr_un *address, socklen_t length) {
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode)) return 0;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | kind, 0);
    if (descriptor < 0) return 0;
    int result = connect(descriptor, (const struct sockaddr *)address, length) != 0 && errno == ECONNREFUSED;
    close(descriptor);
    return result;
}

int socket_listen_at(const char *path) {
    struct sockaddr_un address;
    socklen_t length = unix_address(&address, path);
    if (length == 0) return errno = ENAMETOOLONG, -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | kind, 0);
    if (descriptor < 0) return -1;
    if (is_left_over(path, &address, length)) unlink(path);
    // The mode of the file comes from that of the socket, so that it is never there with another one.
    fchmod(descriptor, 0660);
    if (bind(descriptor, (struct sockaddr *)&address, length) != 0) return given_up(descriptor);
    if (chmod(path, 0660) != 0 || listen(descriptor, backlog) != 0) {
        unlink(path);
        return given_up(descriptor);
    }
    return descriptor;
}

int socket_accept(int listening) { return accept4(listening, NULL, NULL, kind); }
