"""OpenTelemetry's own SDK sends metrics to a server of ours: counters, histograms of both kinds, deltas, gzip.

usage: test_otlp.py HALCYON
"""
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

import serving
from serving import get


def provider(ours, token, version, temporality, compression, views=()):
    exporter = OTLPMetricExporter(
        endpoint=ours.url + "/otlp/v1/metrics", headers={"Authorization": f"Bearer {token}"}, compression=compression,
        preferred_temporality={Counter: temporality, Histogram: temporality})
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    resource = Resource.create({"service.name": "shop", "service.version": version, "service.instance.id": "i1"})
    return MeterProvider(metric_readers=[reader], resource=resource, views=list(views))


def number(ours, token, query):
    result = get(ours.api + "/query", token, query=query)["result"]
    assert len(result) == 1, (query, result)
    return float(result[0]["value"][1])


def main(program):
    with serving.Folder() as folder:
        ours = serving.Halcyon(program, folder)
        try:
            viewer, writer = ours.token("reader", "viewer"), ours.token("writer", "metrics")
            kinds = [("v1", AggregationTemporality.CUMULATIVE, Compression.Gzip, []),
                     ("v2", AggregationTemporality.DELTA, Compression.NoCompression, []),
                     ("v3", AggregationTemporality.CUMULATIVE, Compression.Gzip,
                      [View(instrument_name="*.duration", aggregation=ExponentialBucketHistogramAggregation())])]
            for version, temporality, compression, views in kinds:
                made = provider(ours, writer, version, temporality, compression, views)
                meter = made.get_meter("test")
                orders = meter.create_counter("shop.orders", unit="1", description="Orders.")
                durations = meter.create_histogram("shop.duration", unit="s")
                for step in range(3):
                    orders.add(5, {"code": "200"})
                    durations.record(0.2 + step)
                    assert made.force_flush(), "the export failed"
                made.shutdown()
                at = f'{{job="shop", service_version="{version}"}}'
                assert number(ours, viewer, f"shop_orders_total{at}") == 15, version
                if views:
                    assert number(ours, viewer, f"histogram_count(shop_duration_seconds{at})") == 3
                    assert abs(number(ours, viewer, f"histogram_sum(shop_duration_seconds{at})") - 3.6) < 1e-9
                else:
                    assert number(ours, viewer, f"shop_duration_seconds_count{at}") == 3
                    assert number(ours, viewer, f'shop_duration_seconds_bucket{{service_version="{version}",le="+Inf"}}') == 3
                print(f"ok: {version}: {temporality.name.lower()}, {compression.name}")
            assert get(ours.api + "/metadata", viewer)["shop_orders_total"][0]["help"] == "Orders."
        finally:
            ours.process.end()
    print("test_otlp passed")


main(sys.argv[1])
