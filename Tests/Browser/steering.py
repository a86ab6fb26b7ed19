"""What a person tells rollouts on the page, button by button, to the end. Against a live server only.

The rollout in flight goes back; another one is made after it, by a plan of its own, and goes back too.
"""
import re

from playwright.sync_api import expect

from flags import Flags

PLAN = """
kind: Plan
name: browser-look
waves:
  - { name: one, hosts: 1, gate: approval, bake: 10m }
  - { name: rest, hosts: 100% }
"""

# What is waited for happens on hosts.
PATIENCE = 60_000


def press(page, verb, rollout, answer):
    """Presses a button, says why in the dialog that opens, and reads what the page says of it."""
    page.locator(f"#action-{verb}-{rollout}").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("input[name=reason]").fill("the browser test looks at it")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("#flash")).to_contain_text(answer)


def promoted_and_rolled_back(look):
    """Promote ends the waiting of a wave; a rollback takes the version from every host, and it is refused from then on."""
    context = look.context()
    page = look.page(context, f"/rollouts/{look.rollout}")
    press(page, "promote", look.rollout, "Promoted")
    expect(page.locator("#history")).to_contain_text(re.compile("promoted", re.I))
    press(page, "rollback", look.rollout, "Rolling back")
    expect(look.badge(page)).to_have_text("Rolled back", timeout=PATIENCE)
    context.close()


def approved_and_aborted(look):
    """A wave behind a gate starts when somebody approves it; an aborted rollout goes back."""
    server = Flags(look)
    service = look.rollout.rsplit("-", 1)[0]
    version = server.ask("GET", f"/v1/rollouts/{look.rollout}")["version"]
    server.ask("POST", "/v1/apply", {"files": [{"name": "plan.yaml", "text": PLAN}]})
    wish = {"service": service, "version": version, "force": True, "plan": "browser-look"}
    rollout = server.ask("POST", "/v1/deploy", wish)["rollout"]
    context = look.context()
    page = look.page(context, f"/rollouts/{rollout}")
    press(page, "approve", rollout, "Approved")
    expect(look.badge(page)).to_have_text("Baking", timeout=PATIENCE)
    press(page, "abort", rollout, "Aborted")
    expect(look.badge(page)).to_have_text("Rolled back", timeout=PATIENCE)
    context.close()
    server.ask("DELETE", "/v1/plans/browser-look")


CHECKS = [promoted_and_rolled_back, approved_and_aborted]
