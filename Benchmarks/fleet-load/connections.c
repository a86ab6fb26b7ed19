// Connections: opened, lost, and opened again when the server's hint says so.
#define _GNU_SOURCE
#include "fleet.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

void disconnect(struct connection *connection) {
    if (connection->descriptor >= 0) close(connection->descriptor);
    connection->descriptor = -1;
    connection->state = IDLE;
    connection->count = 0;
}

bool begin_connect(struct connection *connection) {
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    int number = connection->agent->number;
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(0x7f100001u + (uint32_t)(number / 250) * 256 + (uint32_t)(number % 250));
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own)) fail("bind");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        close(descriptor);
        return false;
    }
    connection->descriptor = descriptor;
    connection->state = CONNECTING;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event)) fail("epoll_ctl");
    return true;
}

void say(struct connection *connection, const char *bytes, int count) {
    if (write(connection->descriptor, bytes, (size_t)count) != count) disconnect(connection);
    else connection->state = connection->kind == STREAM ? STREAMING : WAITING;
}

void lost(struct connection *connection) {
    struct agent *agent = connection->agent;
    bool connecting = connection->state == CONNECTING, waiting = connection->state == WAITING;
    disconnect(connection);
    if (connecting) counts.failed_connects++;
    if (connection->kind == POST) {
        if (!agent->joined && (connecting || waiting)) agent->join_at = now() + 500000 + random_below(500000);
        return;
    }
    // After a good stream the server's hint spreads everybody; after that the wait doubles.
    int64_t wait = agent->said_hello ? agent->spread : agent->wait;
    if (agent->said_hello) counts.lost_streams++;
    agent->wait = agent->said_hello ? 1000000 : agent->wait * 2 > 30000000 ? 30000000 : agent->wait * 2;
    if (agent->wait == 0) agent->wait = 1000000;
    agent->said_hello = false;
    agent->heartbeat_at = 0;
    agent->stream_at = now() + 1 + random_below(wait);
}

void happened(struct connection *connection, uint32_t events) {
    if (connection->descriptor < 0) return;
    if (connection->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return lost(connection);
        if (connection->kind == STREAM) open_stream(connection->agent);
        else post(connection->agent);
        if (connection->descriptor < 0) return lost(connection);
    }
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
    static char input[1 << 16];
    for (;;) {
        ssize_t count = read(connection->descriptor, input, sizeof input);
        if (count < 0 && errno == EAGAIN) break;
        if (count <= 0) return lost(connection);
        while (connection->count + (size_t)count + 1 > connection->room) {
            connection->room = connection->room ? connection->room * 2 : 1024;
            if (!(connection->bytes = realloc(connection->bytes, connection->room))) fail("realloc");
        }
        memcpy(connection->bytes + connection->count, input, (size_t)count);
        connection->count += (size_t)count;
        if (connection->kind == STREAM) read_stream(connection);
        else read_answer(connection);
        if (connection->descriptor < 0) return;
    }
}
