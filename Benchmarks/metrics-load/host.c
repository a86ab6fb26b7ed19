// What the hosts of the fleet measure: counters by route and code, latency buckets, and gauges of several characters.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { ROUTES = 5, CODES = 8, EDGES = 12, GAUGES = 10 };
enum { FIRST_BUCKET = ROUTES * CODES, FIRST_SUM = FIRST_BUCKET + ROUTES * EDGES, FIRST_COUNT = FIRST_SUM + ROUTES, FIRST_GAUGE = FIRST_COUNT + ROUTES };

static const char *const routes[ROUTES] = {"/cart", "/checkout", "/home", "/items", "/search"};
static const char *const codes[CODES] = {"200", "201", "204", "304", "400", "404", "500", "503"};
static const double code_shares[CODES] = {0.8, 0.05, 0.04, 0.06, 0.02, 0.02, 0.006, 0.004};
static const char *const edges[EDGES] = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"};
static const double edge_shares[EDGES] = {0.05, 0.15, 0.3, 0.25, 0.12, 0.08, 0.03, 0.012, 0.005, 0.002, 0.0007, 0.0003};
static const char *const gauges[GAUGES] = {
    "process_resident_memory_bytes", "process_open_fds",    "process_cpu_seconds_total", "process_start_time_seconds", "worker_threads",
    "queue_length",                  "cpu_utilization",     "load_average",              "instance_healthy",           "cache_hits_ratio"};

static uint64_t state = 0x9e3779b97f4a7c15u;

double random_share(void) {
  // splitmix64
  uint64_t mixed = (state += 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return (double)((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53;
}

static double random_normal(void) { return sqrt(-2 * log(1 - random_share())) * cos(2 * M_PI * random_share()); }

// Poisson by its normal approximation where that is close enough.
static double random_count(double mean) {
  if (mean > 20) return fmax(0, round(mean + sqrt(mean) * random_normal()));
  double limit = exp(-mean), product = random_share();
  int count = 0;
  while (product > limit) product *= random_share(), count++;
  return count;
}

uint8_t *put_varint(uint8_t *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
  *at++ = (uint8_t)value;
  return at;
}

// Both are shorter than 128 bytes, so that every length is one byte.
static uint8_t *put_label(uint8_t *at, const char *name, const char *value) {
  size_t name_size = strlen(name), value_size = strlen(value);
  *at++ = 1 << 3 | 2;
  *at++ = (uint8_t)(4 + name_size + value_size);
  *at++ = 1 << 3 | 2;
  *at++ = (uint8_t)name_size;
  at = (uint8_t *)memcpy(at, name, name_size) + name_size;
  *at++ = 2 << 3 | 2;
  *at++ = (uint8_t)value_size;
  return (uint8_t *)memcpy(at, value, value_size) + value_size;
}

typedef struct {
  const char *name, *code, *edge, *route;
} Shape;

// Labels are sorted by their names, as the protocol asks for.
static void make_series(Series *series, Shape shape, const char *service, int index) {
  uint8_t buffer[1024], *at = buffer;
  char host[32], instance[32];
  snprintf(host, sizeof host, "%s-%04d", service, index);
  snprintf(instance, sizeof instance, "10.%d.%d.%d:8000", index >> 14 & 63, index >> 7 & 127, index & 127);
  at = put_label(at, "__name__", shape.name);
  if (shape.code) at = put_label(at, "code", shape.code);
  at = put_label(at, "cohort", index % 10 ? "baseline" : "canary");
  at = put_label(at, "host", host);
  at = put_label(at, "instance", instance);
  at = put_label(at, "job", service);
  if (shape.edge) at = put_label(at, "le", shape.edge);
  if (shape.route) at = put_label(at, "route", shape.route);
  at = put_label(at, "version", index % 10 ? "4.17.2" : "4.18.0");
  at = put_label(at, "zone", index % 3 == 0 ? "fra1-a" : index % 3 == 1 ? "fra1-b" : "fra1-c");
  series->labels_size = (uint32_t)(at - buffer);
  series->labels = malloc(series->labels_size);
  memcpy(series->labels, buffer, series->labels_size);
  series->value = 0;
}

void host_make(Host *host, const char *service, int index) {
  for (int route = 0; route < ROUTES; route++) {
    host->rates[route] = exp(random_normal()) * 4;
    for (int code = 0; code < CODES; code++)
      make_series(&host->series[route * CODES + code], (Shape){"http_requests_total", codes[code], 0, routes[route]}, service, index);
    for (int edge = 0; edge < EDGES; edge++)
      make_series(&host->series[FIRST_BUCKET + route * EDGES + edge],
                  (Shape){"http_request_duration_seconds_bucket", 0, edges[edge], routes[route]}, service, index);
    make_series(&host->series[FIRST_SUM + route], (Shape){"http_request_duration_seconds_sum", 0, 0, routes[route]}, service, index);
    make_series(&host->series[FIRST_COUNT + route], (Shape){"http_request_duration_seconds_count", 0, 0, routes[route]}, service, index);
  }
  for (int gauge = 0; gauge < GAUGES; gauge++)
    make_series(&host->series[FIRST_GAUGE + gauge], (Shape){gauges[gauge], 0, 0, 0}, service, index);
  Series *own = &host->series[FIRST_GAUGE];
  own[0].value = 256 << 20;
  own[3].value = 1.76e9 + floor(random_share() * 1e6) + 0.37;
  own[4].value = 16;
  own[6].value = 0.4;
  own[7].value = 1.1;
  own[8].value = 1;
  // Counters that started at different times have different widths.
  host_advance(host, 600 + 400000 * random_share());
}

static double advance_route(Host *host, int route, double seconds) {
  double requests = 0;
  for (int code = 0; code < CODES; code++) {
    double count = random_count(host->rates[route] * code_shares[code] * seconds);
    host->series[route * CODES + code].value += count;
    requests += count;
  }
  double left = requests, share_left = 1, below = 0, sum = 0;
  for (int edge = 0; edge < EDGES; edge++) {
    double count = edge == EDGES - 1 ? left : fmin(left, random_count(left * edge_shares[edge] / fmax(share_left, 1e-9)));
    left -= count;
    share_left -= edge_shares[edge];
    below += count;
    sum += count * (edge == EDGES - 1 ? 11 : atof(edges[edge]) * (0.6 + 0.4 * random_share()));
    host->series[FIRST_BUCKET + route * EDGES + edge].value += below;
  }
  host->series[FIRST_SUM + route].value += sum;
  host->series[FIRST_COUNT + route].value += requests;
  return requests;
}

void host_advance(Host *host, double seconds) {
  double requests = 0;
  for (int route = 0; route < ROUTES; route++) requests += advance_route(host, route, seconds);
  Series *own = &host->series[FIRST_GAUGE];
  if (random_share() < 0.3) own[0].value += 4096 * floor(2000 * (random_share() - 0.5));
  own[1].value = 40 + floor(fmin(requests, 2000) / 50 + 4 * random_share());
  own[2].value = round((own[2].value + requests * 0.001 + 0.05 * random_share()) * 100) / 100;
  if (random_share() < 0.05) own[4].value = 16 + floor(16 * random_share());
  own[5].value = random_count(3);
  own[6].value = fmin(1, fmax(0, own[6].value + 0.02 * random_normal()));  // every bit of it is noise
  own[7].value = round(fmax(0, own[7].value + 0.1 * random_normal()) * 100) / 100;
  own[9].value = round(fmin(1, fmax(0, 0.95 + 0.01 * random_normal())) * 1000) / 1000;
}
