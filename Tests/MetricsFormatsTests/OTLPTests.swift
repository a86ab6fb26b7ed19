import Series
import Testing

@testable import MetricsFormats

@Suite struct OTLPTests {
    private let json = """
        {"resourceMetrics":[{"resource":{"attributes":[
          {"key":"service.name","value":{"stringValue":"web"}},{"key":"service.namespace","value":{"stringValue":"shop"}},
          {"key":"service.instance.id","value":{"stringValue":"i1"}},{"key":"service.version","value":{"stringValue":"1.2"}}]},
         "scopeMetrics":[{"metrics":[
          {"name":"http.requests","unit":"{request}","description":"All.","sum":{"aggregationTemporality":2,"isMonotonic":true,
            "dataPoints":[{"startTimeUnixNano":"1000000000","timeUnixNano":"9000000000","asInt":"7",
              "attributes":[{"key":"http.code","value":{"intValue":"200"}}]}]}},
          {"name":"latency","unit":"ms","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"9000000000",
            "count":"3","sum":12.5,"explicitBounds":[5,10],"bucketCounts":["1","1","1"]}]}},
          {"name":"size","unit":"By","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"9000000000",
            "count":6,"sum":9,"scale":9,"zeroCount":1,"positive":{"offset":0,"bucketCounts":["1","1","1","0","2"]}}]}},
          {"name":"load","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"9000000000","asDouble":0.5},
            {"timeUnixNano":"9000000000","flags":1,"attributes":[{"key":"cpu","value":{"stringValue":"0"}}]}]}}
        ]}]}]}
        """

    private let expected = [
        "http_requests_total{http_code=\"200\", instance=\"i1\", job=\"shop/web\"} 7.0@9000[1000]",
        "latency_milliseconds_bucket{instance=\"i1\", job=\"shop/web\", le=\"5\"} 1.0@9000+",
        "latency_milliseconds_bucket{instance=\"i1\", job=\"shop/web\", le=\"10\"} 2.0@9000+",
        "latency_milliseconds_bucket{instance=\"i1\", job=\"shop/web\", le=\"+Inf\"} 3.0@9000+",
        "latency_milliseconds_count{instance=\"i1\", job=\"shop/web\"} 3.0@9000+",
        "latency_milliseconds_sum{instance=\"i1\", job=\"shop/web\"} 12.5@9000+",
        "size_bytes{instance=\"i1\", job=\"shop/web\"} H6.0/9.0s8[2.0, 1.0, 2.0]@9000",
        "load_ratio{instance=\"i1\", job=\"shop/web\"} 0.5@9000",
        "load_ratio{cpu=\"0\", instance=\"i1\", job=\"shop/web\"} stale@9000",
        "target_info{instance=\"i1\", job=\"shop/web\", service_version=\"1.2\"} 1.0@9000",
    ]

    @Test("JSON: counters, deltas, exponential histograms, gauges and what describes the resource")
    func fromJSON() throws {
        var batch = IngestBatch()
        try OTLPDecoder().decode(json: Array(json.utf8), into: &batch)
        #expect(batch.lines == expected)
        #expect(batch.metadata.first == MetricMetadata(metric: "http_requests_total", type: "counter", help: "All."))
        #expect(throws: FormatError.self) { try OTLPDecoder().decode(json: Array("{".utf8), into: &batch) }
    }

    @Test("protobuf says the same")
    func fromProtobuf() throws {
        var batch = IngestBatch()
        try OTLPDecoder().decode(protobuf: request().bytes, into: &batch)
        #expect(batch.lines == expected)
        for cut in 1..<request().bytes.count {
            #expect(throws: FormatError.self) {
                try OTLPDecoder().decode(protobuf: Array(request().bytes.prefix(cut)), into: &batch)
            }
        }
    }

    private func attribute(_ field: Int, _ name: String, _ value: String, _ message: inout Protobuf) {
        message.message(field) { attribute in
            attribute.text(1, name)
            attribute.message(2) { $0.text(1, value) }
        }
    }

    private func request() -> Protobuf {
        var request = Protobuf()
        request.message(1) { resource in
            resource.message(1) { inner in
                attribute(1, "service.name", "web", &inner)
                attribute(1, "service.namespace", "shop", &inner)
                attribute(1, "service.instance.id", "i1", &inner)
                attribute(1, "service.version", "1.2", &inner)
            }
            resource.message(2) { scope in
                scope.message(2, counter)
                scope.message(2, histogram)
                scope.message(2, exponential)
                scope.message(2, gauge)
            }
        }
        return request
    }

    private func counter(_ metric: inout Protobuf) {
        metric.text(1, "http.requests")
        metric.text(2, "All.")
        metric.text(3, "{request}")
        metric.message(7) { sum in
            sum.message(1) { point in
                point.fixed(2, 1_000_000_000)
                point.fixed(3, 9_000_000_000)
                point.fixed(6, 7)
                point.message(7) { attribute in
                    attribute.text(1, "http.code")
                    attribute.message(2) { $0.number(3, 200) }
                }
            }
            sum.number(2, 2)
            sum.number(3, 1)
        }
    }

    private func histogram(_ metric: inout Protobuf) {
        metric.text(1, "latency")
        metric.text(3, "ms")
        metric.message(9) { data in
            data.number(2, 1)
            data.message(1) { point in
                point.fixed(3, 9_000_000_000)
                point.fixed(4, 3)
                point.double(5, 12.5)
                for _ in 0..<3 { point.fixed(6, 1) }
                point.bytes(7, [0, 0, 0, 0, 0, 0, 0x14, 0x40, 0, 0, 0, 0, 0, 0, 0x24, 0x40])
            }
        }
    }

    private func exponential(_ metric: inout Protobuf) {
        metric.text(1, "size")
        metric.text(3, "By")
        metric.message(10) { data in
            data.number(2, 2)
            data.message(1) { point in
                point.fixed(3, 9_000_000_000)
                point.fixed(4, 6)
                point.double(5, 9)
                point.signed(6, 9)
                point.fixed(7, 1)
                point.message(8) { $0.bytes(2, [1, 1, 1, 0, 2]) }
            }
        }
    }

    private func gauge(_ metric: inout Protobuf) {
        metric.text(1, "load")
        metric.text(3, "1")
        metric.message(5) { data in
            data.message(1) { point in
                point.fixed(3, 9_000_000_000)
                point.double(4, 0.5)
            }
            data.message(1) { point in
                point.fixed(3, 9_000_000_000)
                attribute(7, "cpu", "0", &point)
                point.number(8, 1)
            }
        }
    }
}
