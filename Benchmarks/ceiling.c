// ceiling: the least that a server can do for fleet-load. One thread, epoll, no checks, no state.
//
//   ceiling PORT
//
// It lets every agent join, says hello on every stream, answers every report with 204, and sends the body of
// POST /push to every stream as a desired state. What it costs is nearly all the kernel's.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 20000, MAXIMUM_MESSAGE = 65536 };

static const char hello[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    "event: hello\ndata: {\"heartbeat\":\"5s\",\"reconnectWithin\":\"1s\",\"server\":\"ceiling\"}\n\n";
static const char joined[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"token\":\"t\"}";
static const char done[] = "HTTP/1.1 204 No Content\r\n\r\n";

static int streams[MAXIMUM_DESCRIPTORS], stream_count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void say(int descriptor, const char *bytes, size_t count) {
    // A full buffer would need a queue; the messages are small, so this never happens to those who read.
    if (send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)count && errno != EPIPE && errno != ECONNRESET)
        fail("send");
}

static void broadcast(const char *body, size_t length) {
    static char frame[MAXIMUM_MESSAGE + 64];
    int count = snprintf(frame, sizeof frame, "event: desired\ndata: %.*s\n\n", (int)length, body);
    for (int i = 0; i < stream_count; i++) say(streams[i], frame, (size_t)count);
}

// One request, complete in its buffer, as fleet-load writes it. A push's body may come in pieces.
static void serve(int descriptor, char *request, size_t count) {
    if (!strncmp(request, "GET", 3)) {
        streams[stream_count++] = descriptor;
        return say(descriptor, hello, sizeof hello - 1);
    }
    if (!strncmp(request, "POST /push", 10)) {
        char *head = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "content-length:");
        if (!head || !length) fail("a push without a length");
        size_t expected = (size_t)(head + 4 - request) + (size_t)atol(length + 15);
        while (count < expected && count < MAXIMUM_MESSAGE) {
            ssize_t more = recv(descriptor, request + count, MAXIMUM_MESSAGE - count, 0);
            if (more > 0) count += (size_t)more;
            else if (more == 0 || errno != EAGAIN) return;
        }
        broadcast(head + 4, count - (size_t)(head + 4 - request));
        return say(descriptor, done, sizeof done - 1);
    }
    if (strstr(request, "/join ")) return say(descriptor, joined, sizeof joined - 1);
    say(descriptor, done, sizeof done - 1);
}

static void forget(int descriptor) {
    for (int i = 0; i < stream_count; i++)
        if (streams[i] == descriptor) { streams[i] = streams[--stream_count]; break; }
    close(descriptor);
}

static int listen_on(int port) {
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) || listen(descriptor, 4096)) fail("listen");
    return descriptor;
}

int main(int count, char **arguments) {
    if (count != 2) { fprintf(stderr, "usage: ceiling PORT\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = listen_on(atoi(arguments[1])), queue = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event);
    static char buffer[MAXIMUM_MESSAGE + 1];
    for (;;) {
        int ready = epoll_wait(queue, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener) {
                int one = 1, accepted;
                while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    struct epoll_event input = {.events = EPOLLIN, .data.fd = accepted};
                    epoll_ctl(queue, EPOLL_CTL_ADD, accepted, &input);
                }
                continue;
            }
            ssize_t length = recv(descriptor, buffer, MAXIMUM_MESSAGE, 0);
            if (length <= 0) { forget(descriptor); continue; }
            buffer[length] = 0;
            serve(descriptor, buffer, (size_t)length);
        }
    }
}
