#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int chost_inherit_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int chost_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int chost_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int chost_pidfd_getfd(int pidfd, int descriptor) { return (int)syscall(SYS_pidfd_getfd, pidfd, descriptor, 0); }

int chost_reap(int pidfd, int *by_signal, int *value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int answer;
    do {
        answer = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
    } while (answer != 0 && errno == EINTR);
    if (answer != 0) return -1;
    if (info.si_pid == 0) return 0;
    *by_signal = info.si_code != CLD_EXITED;
    *value = info.si_status;
    return 1;
}

int chost_collapse_front(int file, off_t length) {
    return fallocate(file, 0x08 /* FALLOC_FL_COLLAPSE_RANGE */, 0, length);
}

int chost_is_delegated(const char *group) {
    const char *names[] = {"trusted.delegate", "user.delegate"};
    for (int i = 0; i < 2; i++) {
        char value = 0;
        if (getxattr(group, names[i], &value, 1) == 1 && value == '1') return 1;
    }
    return 0;
}

// Fills in one end of a connection as the diagnosis protocol writes it.
static int end_point(const struct sockaddr_storage *address, uint32_t words[4], uint16_t *port) {
    memset(words, 0, 16);
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        words[0] = v4->sin_addr.s_addr;
        *port = v4->sin_port;
        return 0;
    }
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        memcpy(words, &v6->sin6_addr, 16);
        *port = v6->sin6_port;
        return 0;
    }
    return -1;
}

static int64_t ask_kernel(const struct inet_diag_req_v2 *question) {
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 body;
    } request;
    memset(&request, 0, sizeof request);
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.head.nlmsg_flags = NLM_F_REQUEST;
    request.body = *question;
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) return -1;
    struct timeval patience = {1, 0};
    setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char room[4096] __attribute__((aligned(8)));
    ssize_t count = -1;
    if (send(netlink, &request, sizeof request, 0) == (ssize_t)sizeof request) {
        count = recv(netlink, room, sizeof room, 0);
    }
    close(netlink);
    const struct nlmsghdr *head = (const struct nlmsghdr *)room;
    if (count < (ssize_t)sizeof *head) return -1;
    if (head->nlmsg_type == NLMSG_ERROR) {
        if (count < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -1;
        const struct nlmsgerr *error = (const struct nlmsgerr *)NLMSG_DATA(head);
        return error->error == -ENOENT ? 0 : -1;
    }
    if (count < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg))) return -1;
    return ((const struct inet_diag_msg *)NLMSG_DATA(head))->idiag_inode;
}

int64_t chost_peer_inode(int connection) {
    struct sockaddr_storage near, far;
    socklen_t near_size = sizeof near, far_size = sizeof far;
    memset(&near, 0, sizeof near);
    memset(&far, 0, sizeof far);
    if (getsockname(connection, (struct sockaddr *)&near, &near_size) != 0) return -1;
    if (getpeername(connection, (struct sockaddr *)&far, &far_size) != 0) return -1;
    struct inet_diag_req_v2 question;
    memset(&question, 0, sizeof question);
    question.sdiag_family = (uint8_t)near.ss_family;
    question.sdiag_protocol = IPPROTO_TCP;
    question.idiag_states = ~0U;
    question.id.idiag_cookie[0] = question.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (end_point(&far, question.id.idiag_src, &question.id.idiag_sport) != 0) return -1;
    if (end_point(&near, question.id.idiag_dst, &question.id.idiag_dport) != 0) return -1;
    return ask_kernel(&question);
}
