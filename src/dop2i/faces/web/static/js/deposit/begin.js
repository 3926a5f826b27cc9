// From the first page to the draft's: a draft is made, and its page takes the place of this one without being loaded,
// so that what was chosen can be sent from there.
import { Cut, SignedOut, useToken } from "./calls.js";
import { say } from "./words.js";

const rest = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

async function once(form) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  let answer;
  try {
    answer = await fetch(form.dataset.start, { method: "POST", headers, redirect: "manual" });
  } catch (error) {
    throw new Cut(error.message);
  }
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (answer.status >= 500 || answer.status === 429) throw new Cut(answer.statusText);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

// A session that ended is waited for; the page of the form brings its new token.
async function freshToken() {
  const page = await fetch(location.href, { redirect: "manual", cache: "no-store" }).catch(() => null);
  if (!page?.ok) return;
  const parsed = new DOMParser().parseFromString(await page.text(), "text/html");
  const input = parsed.querySelector("#upload [name=csrfmiddlewaretoken]");
  if (input) useToken(input.value);
}

// {id, href} of a new draft.
export async function newDraft(form, tell) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(form);
    } catch (error) {
      if (error instanceof SignedOut) {
        if (attempt > 1) { tell(say("signed-out")); await rest(3); }
        await freshToken();
      } else if (error instanceof Cut) {
        tell(say("cut", { n: 3 }));
        await rest(3);
      } else throw error;
    }
  }
}

// Puts the page of `href` in the place of this one. Scripts that this page has run already do not run again.
export async function becomePage(href) {
  const answer = await fetch(href, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.statusText);
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const sources = [...parsed.querySelectorAll("script[src]")].map((script) => script.getAttribute("src"));
  for (const script of parsed.querySelectorAll("script")) script.remove();
  document.title = parsed.title;
  document.body.replaceWith(document.adoptNode(parsed.body));
  history.pushState({}, "", href);
  addEventListener("popstate", () => location.reload(), { once: true });
  for (const source of sources) {
    const script = document.createElement("script");
    script.type = "module";
    script.src = source;
    document.body.append(script);
  }
  scrollTo(0, 0);
}
