// One gate before the server for everything that is sent: it closes when the connection is cut or the session has
// ended, finds out by itself when it may open again, and says what is going on.
import { ask, Cut, Refused, SignedOut, useToken } from "./calls.js";

const LONGEST_WAIT = 30;
const ASK_AGAIN = 3;

export class Gate {
  // `tell(kind, details)`: "cut" {wait}, "busy" {why}, "signed-out", "other-account", "closed", "back".
  constructor(address, tell) {
    this.address = address;
    this.tell = tell;
    this.closed = null;
    this.failures = 0;
    this.wake = () => {};
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.wake(); });
  }

  // Resolves once the way is open.
  async pass() {
    while (this.closed) await this.closed;
  }

  // To be called with a failure; resolves when it is worth trying again.
  trouble(error) {
    this.closed ??= this.reopen(error).finally(() => { this.closed = null; });
    return this.closed;
  }

  // What went through proves that the way is open.
  good() { this.failures = 0; }

  async reopen(error) {
    let said = "";
    const tell = (kind, details = {}) => { said = kind; this.tell(kind, details); };
    // a form token of an earlier session looks like an ended one: the first question brings a fresh token
    let asked = !(error instanceof SignedOut);
    for (;;) {
      if (asked) await this.wait(error, { said, tell });
      asked = true;
      const answer = await this.ask(said, tell);
      if (answer === null) {
        if (said) this.tell("back", { from: said });
        return;
      }
      error = answer;
    }
  }

  async wait(error, { said, tell }) {
    if (error instanceof SignedOut) {
      if (said !== "signed-out" && said !== "other-account") tell("signed-out");
      await this.rest(ASK_AGAIN);
      return;
    }
    this.failures += 1;
    const wait = Math.min(LONGEST_WAIT, error.wait || 0.5 * 2 ** Math.min(this.failures, 8)) * (0.8 + 0.4 * Math.random());
    if (error.why) tell("busy", { why: error.why });
    else if (this.failures > 1) tell("cut", { wait: Math.ceil(wait) });
    await this.rest(wait);
  }

  // null when one may write, else what is in the way.
  async ask(said, tell) {
    const other = () => {
      if (said !== "other-account") tell("other-account");
      return new SignedOut();
    };
    try {
      const state = await ask(this.address);
      useToken(state.csrf);
      if (!state.open) {
        tell("closed");
        await new Promise(() => {});
      }
      return state.writes ? null : other();
    } catch (problem) {
      if (problem instanceof Cut) return problem;
      if (problem instanceof Refused) return other();
      // another account is told 403; without one the way leads to the sign-in page
      if (problem instanceof SignedOut) return problem.message ? other() : problem;
      throw problem;
    }
  }

  rest(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}
