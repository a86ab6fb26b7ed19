// listeners: many streams that a server has to tell something, from one thread.
//
//   listeners PORT COUNT REQUEST-FILE MARK
//
// Each stream is a connection of its own from an own address of 127.18.0.0/16, opened with the bytes of the file. It says `ready
// SECONDS` when every stream has had the mark once, and then for every line on its input waits until each has had it once more:
// `FIRST LAST SECONDS`, the moments (CLOCK_MONOTONIC, seconds) when the first and the last one had it, and its own processor time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM = 20000, PER_ADDRESS = 1000, AT_ONCE = 64 };

// How far into the mark a stream is, and how often it had it.
static struct { int descriptor; unsigned short matched; unsigned heard; } streams[MAXIMUM];
static const char *mark;
static int queue, count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void connect_stream(int index, int port, const char *request, size_t length) {
    int descriptor = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (descriptor < 0) fail("socket");
    struct sockaddr_in own = {.sin_family = AF_INET}, server = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    own.sin_addr.s_addr = htonl(0x7F120001u + (unsigned)(index / PER_ADDRESS));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own)) fail("bind");
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server)) fail("connect");
    if (send(descriptor, request, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
    streams[index].descriptor = descriptor;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)index};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event)) fail("epoll_ctl");
}

// The mark begins with a byte that it has nowhere else, so a mismatch can only begin anew.
static unsigned search(int index, const char *bytes, ssize_t length) {
    unsigned found = 0;
    for (ssize_t i = 0; i < length; i++) {
        if (bytes[i] == mark[streams[index].matched]) streams[index].matched++;
        else streams[index].matched = bytes[i] == mark[0];
        if (!mark[streams[index].matched]) { streams[index].matched = 0; found++; }
    }
    return found;
}

// Reads until so many streams had the mark so many times.
static void await(int wanted, unsigned times, double *first, double *last) {
    static char buffer[1 << 16];
    struct epoll_event events[256];
    int done = 0;
    for (int i = 0; i < wanted; i++) done += streams[i].heard >= times;
    *first = *last = 0;
    while (done < wanted) {
        int ready = epoll_wait(queue, events, 256, 60000);
        if (ready == 0) { fprintf(stderr, "%d of %d streams heard nothing for a minute\n", wanted - done, wanted); exit(1); }
        for (int i = 0; i < ready; i++) {
            int index = (int)events[i].data.u32;
            ssize_t length = recv(streams[index].descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
            if (length <= 0 && !(length < 0 && errno == EAGAIN)) { fprintf(stderr, "a stream was closed\n"); exit(1); }
            unsigned found = length > 0 ? search(index, buffer, length) : 0;
            if (!found) continue;
            *last = now(CLOCK_MONOTONIC);
            if (*first == 0) *first = *last;
            if (streams[index].heard < times && streams[index].heard + found >= times) done++;
            streams[index].heard += found;
        }
    }
}

int main(int arguments, char **argument) {
    if (arguments != 5) { fprintf(stderr, "usage: listeners PORT COUNT REQUEST-FILE MARK\n"); return 2; }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    count = atoi(argument[2]);
    mark = argument[4];
    if (count < 1 || count > MAXIMUM) { fprintf(stderr, "1 to %d streams\n", MAXIMUM); return 2; }
    static char request[1 << 16];
    FILE *file = fopen(argument[3], "rb");
    if (!file) fail(argument[3]);
    size_t length = fread(request, 1, sizeof request, file);
    fclose(file);
    queue = epoll_create1(0);
    double first, last, start = now(CLOCK_MONOTONIC);
    for (int index = 0; index < count; index++) {
        connect_stream(index, atoi(argument[1]), request, length);
        // Not all at once: it is not the queue of the listening socket that is measured.
        if (index % AT_ONCE == AT_ONCE - 1) await(index + 1, 1, &first, &last);
    }
    await(count, 1, &first, &last);
    printf("ready %.6f\n", now(CLOCK_MONOTONIC) - start);
    fflush(stdout);
    char line[16];
    for (unsigned times = 2; fgets(line, sizeof line, stdin); times++) {
        double used = now(CLOCK_PROCESS_CPUTIME_ID);
        await(count, times, &first, &last);
        printf("%.6f %.6f %.6f\n", first, last, now(CLOCK_PROCESS_CPUTIME_ID) - used);
        fflush(stdout);
    }
    return 0;
}
