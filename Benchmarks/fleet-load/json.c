// JSON, as far as agents need it.
#include "fleet.h"
#include <stdlib.h>
#include <string.h>

static const char *skip_string(const char *p) {
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1]) p++;
    return *p ? p + 1 : p;
}

static const char *skip_value(const char *p) {
    int depth = 0;
    do {
        if (*p == '"') { p = skip_string(p); continue; }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        if (*p) p++;
    } while (*p && (depth > 0 || !strchr(",}]", *p)));
    return p;
}

const char *member(const char *p, const char *name) {
    if (!p || *p != '{') return NULL;
    size_t length = strlen(name);
    for (p++; *p == '"';) {
        const char *key = p + 1;
        p = skip_string(p);
        bool found = (size_t)(p - 1 - key) == length && !memcmp(key, name, length);
        if (*p++ != ':') return NULL;
        if (found) return p;
        p = skip_value(p);
        if (*p == ',') p++;
    }
    return NULL;
}

bool text(const char *p, char *out, size_t room) {
    if (!p || *p != '"') return false;
    size_t length = (size_t)(skip_string(p) - p) - 2;
    if (length >= room) return false;
    memcpy(out, p + 1, length);
    out[length] = 0;
    return true;
}

int64_t period(const char *p) {
    char buffer[64], *rest = buffer;
    int64_t sum = 0;
    if (!text(p, buffer, sizeof buffer)) return 0;
    while (*rest) {
        int64_t number = strtoll(rest, &rest, 10);
        if (!strncmp(rest, "ms", 2)) { sum += number * 1000; rest += 2; continue; }
        int64_t seconds = *rest == 's' ? 1 : *rest == 'm' ? 60 : *rest == 'h' ? 3600 : 0;
        if (!seconds) return sum;
        sum += number * seconds * 1000000;
        rest++;
    }
    return sum;
}
