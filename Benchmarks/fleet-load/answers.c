// What the server says.
#define _GNU_SOURCE
#include "fleet.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_desired(struct agent *agent, const char *data) {
    const char *epoch = member(data, "epoch"), *services = member(data, "services");
    if (!epoch || !services) { counts.refusals++; return; }
    agent->epoch = atoll(epoch);
    char name[128];
    int wanted = -1;
    if (services[1] == '{' && text(member(member(services + 1, "run"), "version"), name, sizeof name))
        wanted = version_index(name);
    note_desired(agent->epoch, wanted, data);
    agent->wanted = wanted;
    if (apply_delay) agent->apply_at = now() + apply_delay;
    else agent->running = wanted;
    if (!agent->report_at) agent->report_at = now() + COALESCE_MICROSECONDS;
}

static void take_hello(struct agent *agent, const char *data) {
    agent->heartbeat = period(member(data, "heartbeat"));
    agent->spread = period(member(data, "reconnectWithin"));
    agent->said_hello = true;
    agent->wait = 0;
    note_hello();
    if (!agent->report_at) agent->report_at = now() + COALESCE_MICROSECONDS;
    agent->heartbeat_at = now() + agent->heartbeat;
}

// A stream's events: the server writes each as one chunk with one `data:` line, so chunk sizes are merely lines that say nothing.
void read_stream(struct connection *connection) {
    struct agent *agent = connection->agent;
    char *line = connection->bytes, *end = connection->bytes + connection->count, *stop;
    static char event[32];
    while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
        *stop = 0;
        if (!strncmp(line, "event: ", 7)) snprintf(event, sizeof event, "%.20s", line + 7);
        else if (!strncmp(line, "data: ", 6) && !strcmp(event, "hello")) take_hello(agent, line + 6);
        else if (!strncmp(line, "data: ", 6) && !strcmp(event, "desired")) take_desired(agent, line + 6);
        else if (!strncmp(line, "retry: ", 7)) {
            int64_t retry = atoll(line + 7) * 1000;
            if (retry > agent->spread) agent->spread = retry;
        } else if (!strncmp(line, "HTTP/1.1 ", 9) && strncmp(line + 9, "200", 3)) counts.refusals++;
        // An event's name and data may come in two reads: the line with the name is kept until its data is here.
        char *next = stop + 1;
        if (!strncmp(line, "event: ", 7) && !memchr(next, '\n', (size_t)(end - next))) { *stop = '\n'; break; }
        line = next;
    }
    connection->count = (size_t)(end - line);
    memmove(connection->bytes, line, connection->count);
}

void read_answer(struct connection *connection) {
    struct agent *agent = connection->agent;
    connection->bytes[connection->count] = 0;
    char *head = strstr(connection->bytes, "\r\n\r\n");
    if (!head) return;
    char *length = strcasestr(connection->bytes, "\r\ncontent-length:");
    size_t expected = length && length < head ? (size_t)atol(length + 17) : 0;
    if (connection->count < (size_t)(head + 4 - connection->bytes) + expected) return;
    int status = atoi(connection->bytes + 9);
    if (status / 100 != 2) {
        if (counts.refusals++ < 5) fprintf(stderr, "%s\n", connection->bytes);
        if (!agent->joined) agent->join_at = now() + 1000000 + random_below(1000000);
    } else if (!agent->joined) {
        agent->joined = text(member(head + 4, "token"), agent->token, sizeof agent->token);
        agent->stream_at = now();
    } else counts.reports++;
    connection->count = 0;
    connection->state = IDLE;
    if (strcasestr(connection->bytes, "connection: close")) disconnect(connection);
}
