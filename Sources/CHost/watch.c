#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int chost_watch_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

int chost_watch_add(int watch, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = token}};
    return epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
}

void chost_watch_remove(int watch, int descriptor) { epoll_ctl(watch, EPOLL_CTL_DEL, descriptor, NULL); }

int chost_watch_wait(int watch, uint64_t *tokens, int room) {
    struct epoll_event events[32];
    int count;
    do {
        count = epoll_wait(watch, events, room < 32 ? room : 32, -1);
    } while (count < 0 && errno == EINTR);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
    return count;
}

int chost_alarm_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void chost_alarm_ring(int alarm) {
    uint64_t one = 1;
    ssize_t ignored = write(alarm, &one, sizeof one);
    (void)ignored;
}
