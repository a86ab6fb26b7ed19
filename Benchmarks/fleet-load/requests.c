// What agents say.
#include "fleet.h"
#include <stdio.h>
#include <stdlib.h>

static int report(const struct agent *agent, char *body, size_t room) {
    char service[1024] = "";
    if (agent->running >= 0) {
        const char *version = version_name(agent->running);
        snprintf(service, sizeof service,
            "{\"service\":\"app\",\"state\":\"running\",\"version\":\"%s\",\"ready\":true,\"instances\":[{\"id\":\"app-%s\","
            "\"version\":\"%s\",\"pid\":%d,\"startedAt\":\"2026-01-01T00:00:00Z\",\"ready\":true,\"draining\":false,"
            "\"adopted\":false,\"restarts\":0,\"cpu\":0.%02d,\"memory\":%d}],\"onDisk\":[\"%s\"],\"detail\":\"\"}",
            version, version, version, 1000 + agent->number, (int)(drand48() * 100),
            10000000 + (int)(drand48() * 1000000), version);
    }
    return snprintf(body, room,
        "{\"epoch\":%lld,\"services\":[%s],\"boot\":\"b%d\",\"load\":{\"cpus\":2,\"loadAverage\":0.%02d,"
        "\"memoryTotal\":8000000000,\"memoryAvailable\":%d,\"diskAvailable\":50000000000},\"warnings\":[]}",
        agent->epoch, service, agent->number, (int)(drand48() * 100), 400000000 + (int)(drand48() * 1000000));
}

void post(struct agent *agent) {
    struct connection *connection = &agent->connections[POST];
    char body[2048], request[3072];
    const char *path = "report", *token = agent->token;
    int length;
    if (!agent->joined) {
        path = "join";
        token = join_token;
        length = snprintf(body, sizeof body,
            "{\"host\":\"host-%05d\",\"agent\":\"agent-%05d\",\"address\":\"127.16.%d.%d\",\"labels\":{\"region\":\"r%d\"},"
            "\"release\":\"bench\"}",
            agent->number, agent->number, agent->number / 250, agent->number % 250 + 1, agent->number % 5);
    } else {
        length = report(agent, body, sizeof body);
    }
    int count = snprintf(request, sizeof request,
        "POST /v1/agent/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nX-Halcyon-Agent: agent-%05d\r\n"
        "X-Halcyon-Host: host-%05d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        path, port, token, agent->number, agent->number, length, body);
    say(connection, request, count);
}

void open_stream(struct agent *agent) {
    char request[1024];
    int count = snprintf(request, sizeof request,
        "GET /v1/agent/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nX-Halcyon-Agent: agent-%05d\r\n"
        "X-Halcyon-Host: host-%05d\r\nAccept: text/event-stream\r\n\r\n",
        port, agent->token, agent->number, agent->number);
    say(&agent->connections[STREAM], request, count);
}
