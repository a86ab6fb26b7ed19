// Sends encoded bodies, each file over a connection of its own, the next body when the last was answered.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

typedef struct {
  const char *file, *path, *header;
  int port;
  uint64_t samples, requests, failed;
  double *times;
  char first_problem[512];
} Sender;

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int connect_to(int port) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(descriptor, (void *)&address, sizeof address)) perror("connect"), exit(1);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

static int write_all(int descriptor, const void *bytes, size_t size) {
  for (const char *at = bytes; size;) {
    ssize_t written = write(descriptor, at, size);
    if (written <= 0) return -1;
    at += written;
    size -= (size_t)written;
  }
  return 0;
}

// The status of the answer, after reading all of it; 0 when the connection ended.
static int read_answer(int descriptor, char *buffer, size_t room) {
  size_t size = 0;
  for (;;) {
    ssize_t got = read(descriptor, buffer + size, room - 1 - size);
    if (got <= 0) return 0;
    size += (size_t)got;
    buffer[size] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *length = strcasestr(buffer, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, 0, 10) : 0;
    if (size >= (size_t)(end + 4 - buffer) + body || size == room - 1) return atoi(buffer + 9);
  }
}

static void *send_file(void *argument) {
  Sender *sender = argument;
  int file = open(sender->file, O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info)) perror(sender->file), exit(1);
  const uint8_t *bytes = mmap(0, (size_t)info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  int connection = connect_to(sender->port);
  size_t room = 0;
  for (off_t at = 0; at < info.st_size;) {
    BodyHead head;
    memcpy(&head, bytes + at, sizeof head);
    at += sizeof head;
    char request[1024], answer[16384];
    int size = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
                        "X-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: %u\r\n%s%s\r\n",
                        sender->path, sender->port, head.bytes, sender->header, *sender->header ? "\r\n" : "");
    double begin = seconds_now();
    int status = 0;
    if (!write_all(connection, request, (size_t)size) && !write_all(connection, bytes + at, head.bytes))
      status = read_answer(connection, answer, sizeof answer);
    at += head.bytes;
    if (sender->requests == room) sender->times = realloc(sender->times, (room = room ? 2 * room : 1024) * sizeof(double));
    sender->times[sender->requests++] = seconds_now() - begin;
    if (status / 100 == 2) {
      sender->samples += head.samples;
      continue;
    }
    if (!sender->failed++) snprintf(sender->first_problem, sizeof sender->first_problem, "%.500s", status ? answer : "the connection ended");
    if (!status) close(connection), connection = connect_to(sender->port);
  }
  close(connection);
  return 0;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// send PREFIX SHARDS PORT PATH [HEADER]
int send_command(int count, char **arguments) {
  if (count < 4) return 2;
  int shards = atoi(arguments[1]);
  if (shards < 1 || shards > MAX_SHARDS) return 2;
  Sender senders[MAX_SHARDS];
  pthread_t threads[MAX_SHARDS];
  char names[MAX_SHARDS][4096];
  double begin = seconds_now();
  for (int i = 0; i < shards; i++) {
    snprintf(names[i], sizeof names[i], "%s.%d", arguments[0], i);
    senders[i] = (Sender){.file = names[i], .path = arguments[3], .header = count > 4 ? arguments[4] : "", .port = atoi(arguments[2])};
    pthread_create(&threads[i], 0, send_file, &senders[i]);
  }
  uint64_t samples = 0, requests = 0, failed = 0;
  for (int i = 0; i < shards; i++) {
    pthread_join(threads[i], 0);
    samples += senders[i].samples, requests += senders[i].requests, failed += senders[i].failed;
    if (senders[i].failed) fprintf(stderr, "first problem: %s\n", senders[i].first_problem);
  }
  double seconds = seconds_now() - begin;
  double *times = malloc((requests + 1) * sizeof(double));
  size_t filled = 0;
  for (int i = 0; i < shards; i++) {
    memcpy(times + filled, senders[i].times, senders[i].requests * sizeof(double));
    filled += senders[i].requests;
  }
  qsort(times, requests, sizeof(double), compare);
  printf("{\"samples\": %llu, \"requests\": %llu, \"failed\": %llu, \"seconds\": %.3f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
         (unsigned long long)samples, (unsigned long long)requests, (unsigned long long)failed, seconds,
         requests ? times[requests / 2] * 1e3 : 0, requests ? times[requests * 99 / 100] * 1e3 : 0);
  return 0;
}
