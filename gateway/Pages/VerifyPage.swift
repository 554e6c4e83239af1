/// Where the link of a verification mail lands. The token stands in the fragment, which no server and no log sees; a
/// person presses the button, so that a mail scanner that only opens links redeems nothing.
enum VerifyPage {
    static let page = Page(
        title: "Verify your address",
        main: """
            <h1>Verify your address</h1>
            <p id="state" role="status" aria-live="polite">Press the button to verify your address.</p>
            <p><button id="verify" type="button">Verify my address</button></p>
            <noscript><p>This page needs JavaScript to send the link's token.</p></noscript>
            """,
        script: """
            "use strict";
            const state = document.getElementById("state");
            const button = document.getElementById("verify");
            const token = new URLSearchParams(location.hash.slice(1)).get("token") || location.hash.slice(1);
            history.replaceState(null, "", location.pathname);
            function show(text) { state.textContent = text; }
            async function verify() {
              button.disabled = true;
              show("One moment…");
              try {
                const answer = await fetch("/v1/auth/email/verify", {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: JSON.stringify({ token })
                });
                if (answer.ok) {
                  button.hidden = true;
                  return show("Your address is verified. You can sign in now.");
                }
                const problem = await answer.json().catch(() => ({}));
                show(problem.title || "That did not work.");
                button.disabled = answer.status < 429;
              } catch {
                show("The server could not be reached. Try again.");
                button.disabled = false;
              }
            }
            if (token) {
              button.addEventListener("click", verify);
            } else {
              button.hidden = true;
              show("The link is not complete. Open it from the mail again.");
            }
            """,
        directives: ["connect-src 'self'"])
}
