internal import Protocol

/// Where the link of a verification mail lands. The token stands in the fragment, which no server and no log sees; a
/// person presses the button, so that a mail scanner that only opens links redeems nothing. The password shows that it
/// is the person who registered, since anybody can register anybody's address.
enum VerifyPage {
    /// Each code point may be two of the UTF-16 units that HTML counts in.
    private static let passwordUnitsMax = 2 * Register.passwordLength.upperBound

    static let page = Page(
        title: "Verify your address",
        main: """
            <h1>Verify your address</h1>
            <p id="state" role="status" aria-live="polite">If you have not registered, close this page.</p>
            <form id="form">
            <p><label for="password">The password that you have registered with</label></p>
            <p><input id="password" type="password" autocomplete="current-password" maxlength="\(passwordUnitsMax)" \
            required></p>
            <p><button id="verify" type="submit">Verify my address</button></p>
            </form>
            <noscript><p>This page needs JavaScript to send the link's token.</p></noscript>
            """,
        script: """
            "use strict";
            const state = document.getElementById("state");
            const form = document.getElementById("form");
            const password = document.getElementById("password");
            const button = document.getElementById("verify");
            const token = new URLSearchParams(location.hash.slice(1)).get("token") || location.hash.slice(1);
            history.replaceState(null, "", location.pathname);
            function show(text) { state.textContent = text; }
            async function verify(event) {
              event.preventDefault();
              button.disabled = true;
              show("One moment…");
              try {
                const answer = await fetch("/v1/auth/email/verify", {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: JSON.stringify({ token, password: password.value })
                });
                if (answer.ok) {
                  form.hidden = true;
                  return show("Your address is verified. You can sign in now.");
                }
                const problem = await answer.json().catch(() => ({}));
                const isOther = problem.code === "invalid-credentials";
                show(isOther ? "You have not registered with this password." : problem.title || "That did not work.");
                button.disabled = answer.status < 429 && !isOther;
              } catch {
                show("The server could not be reached. Try again.");
                button.disabled = false;
              }
            }
            if (token) {
              form.addEventListener("submit", verify);
            } else {
              form.hidden = true;
              show("The link is not complete. Open it from the mail again.");
            }
            """,
        directives: ["connect-src 'self'"])
}
