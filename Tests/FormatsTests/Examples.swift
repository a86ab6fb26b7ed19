/// A service with nearly every field.
let storefront = #"""
    kind: Service
    name: storefront
    select: { role: web, region: [eu, us] }
    run:
      command: ["./storefront", "--port", "${PORT}"]
      environment: { LEVEL: info, HOME: "/srv/${SERVICE}" }
      listen: "${ADDRESS}:8000"
      handover: socket            # the listening socket is passed on
      ready:  { http: /healthz, within: 30s, every: 100ms }
      drain: 10s
      lameDuck: 1s
      metrics: { path: /metrics, every: 5s, timeout: 2s }
      limits: { memory: 512MiB, cpu: 1.5, processes: 100 }
      logs: { size: 1.5GB }
    checks:
      - name: errors
        ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
        tolerate: { relative: 1.25, absolute: 0.1% }
        minimumEvents: 100
      - name: budget
        guardrail: 'slo:burnrate5m{service="storefront"} < 14.4'
        dryRun: true
    plan:
      falseRollbacks: 0.5%
      waves:
        - { name: one,    hosts: 1,   bake: 2m }
        - { name: few,    hosts: 5%,  bake: 10m, failureBudget: 1, progressDeadline: 5m }
        - { name: eu,     select: { region: eu }, maxUnavailable: 10%, bake: 10m, gate: approval }
        - name: rest
          hosts: 100%
          timeWindow:
            - { days: mon-fri, from: "09:00", until: "17:00", zone: Europe/Zurich }
            - { days: [sat], from: "22:00", until: "02:00" }
      watch: 30m
      rollback: { to: previous, maxUnavailable: 50% }
      onLostHosts: rollback
    """#

let others = """
    kind: Freeze
    name: holidays
    reason: nobody is at work
    from: 2026-12-24T18:00:00+01:00
    until: 2027-01-02T06:00:00Z
    services: [storefront]
    ---
    kind: Receiver
    name: on-call
    slack: { url: https://hooks.slack.com/services/T0/B0/x }
    events: [rolledBack, needsPerson]
    ---
    kind: Receiver
    name: audit
    webhook: { url: http://127.0.0.1:9000/hook?x=1 }
    services: [storefront, search]
    """

/// The example of the design, whose `latency` check belongs to a later release.
let designExample = #"""
    kind: Service
    name: storefront
    run:
      command: ["./storefront", "--port", "${PORT}"]
      listen: "${ADDRESS}:8000"
      handover: socket            # socket: the listening socket is passed on, no request is lost
      ready:  { http: /healthz, within: 30s }
      drain: 10s
      metrics: { path: /metrics, every: 5s }
    checks:
      - name: errors
        ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
        tolerate: { relative: 1.25, absolute: 0.1% }        # smaller regressions are not worth a rollback
      - name: latency
        latency: { histogram: 'http_request_duration_seconds' }
        tolerate: { relative: 1.10 }
      - name: budget
        guardrail: 'slo:burnrate5m{service="storefront"} < 14.4'
    plan:
      falseRollbacks: 1%           # over the whole rollout, all checks together, however often they are looked at
      waves:
        - { name: one,    hosts: 1,   bake: 2m }
        - { name: few,    hosts: 5%,  bake: 10m }
        - { name: eu,     select: { region: eu }, maxUnavailable: 10%, bake: 10m }
        - { name: rest,   hosts: 100% }
      watch: 30m                   # after the last wave: still armed
      rollback: { to: previous, maxUnavailable: 50% }
    """#
