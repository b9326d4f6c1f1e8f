#include "CProcess.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int process_is_accepted(int port, int from) {
    int channel = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (channel < 0) return -1;
    // The kernel answers at once; nobody waits for one that does not.
    struct timeval patience = {1, 0};
    setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    question.request.sdiag_family = AF_INET;
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_states = ~0u;
    question.request.id.idiag_sport = htons((unsigned short)port);
    question.request.id.idiag_dport = htons((unsigned short)from);
    question.request.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
    question.request.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
    question.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    ssize_t length = -1;
    if (send(channel, &question, sizeof question, 0) == (ssize_t)sizeof question)
        length = recv(channel, &answer, sizeof answer, 0);
    close(channel);
    if (length < (ssize_t)sizeof(struct nlmsghdr)) return -1;
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
        if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -1;
        const struct nlmsgerr *failure = NLMSG_DATA(&answer.header);
        // A connection that is not there any more was taken and closed.
        return failure->error == -ENOENT ? 1 : -1;
    }
    if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg))) return -1;
    const struct inet_diag_msg *found = NLMSG_DATA(&answer.header);
    // A listener is found where the connection itself is gone.
    if (found->id.idiag_dport != question.request.id.idiag_dport) return 1;
    // One that the program has closed again has no owner either.
    if (found->idiag_state != TCP_ESTABLISHED && found->idiag_state != TCP_SYN_RECV) return 1;
    return found->idiag_inode != 0;
}
