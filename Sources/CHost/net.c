#define _GNU_SOURCE
#include "chost.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int fill_address(const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *size) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *size = sizeof *v4;
        return 0;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *size = sizeof *v6;
        return 0;
    }
    return -1;
}

int chost_listen(const char *host, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t size;
    if (fill_address(host, port, &address, &size) != 0) return -EINVAL;
    int listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -errno;
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) {
        int error = errno;
        close(listener);
        return -error;
    }
    return listener;
}

int chost_connect(const char *host, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t size;
    if (fill_address(host, port, &address, &size) != 0) return -EINVAL;
    int connection = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0) return -errno;
    if (connect(connection, (struct sockaddr *)&address, size) != 0 && errno != EINPROGRESS) {
        int error = errno;
        close(connection);
        return -error;
    }
    return connection;
}

int chost_socket_error(int socket) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int chost_has_peer(int socket) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    return getpeername(socket, (struct sockaddr *)&address, &size) == 0;
}

int chost_local_port(int socket) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(socket, (struct sockaddr *)&address, &size) != 0) return -errno;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return -EINVAL;
}

int64_t chost_inode(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_ino : -1;
}

int chost_notify_socket(const char *path) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (path[0] == '@') {
        address.sun_path[0] = 0;  // an abstract name: no file, and it ends with its socket
    } else {
        size += 1;
        unlink(path);
    }
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (receiver < 0) return -errno;
    if (bind(receiver, (struct sockaddr *)&address, size) != 0) {
        int error = errno;
        close(receiver);
        return -error;
    }
    return receiver;
}
