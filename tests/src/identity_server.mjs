// An OpenID provider on a free port of this machine: its port, then nothing. Whoever signs in is who they say they are.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, client_id, client_secret, redirect_uri] = process.argv.slice(-4);
const found = createRequire(`${packages}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const page = `<!doctype html><html lang="en"><title>Acme</title><h1>Acme sign-in</h1>
<form method="post"><label>Work address <input name="email" type="email"></label> <button>Continue</button></form></html>`;

function provider(port) {
  return new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: ["for tests"] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true }) }),
    // Nobody is asked whether the client may know them.
    async loadExistingGrant(context) {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const oidc = provider(port);
  const others = oidc.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return others(request, response);
    if (request.method === "GET") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end(page);
    }
    let body = "";
    for await (const piece of request) body += piece;
    const accountId = new URLSearchParams(body).get("email");
    return oidc.interactionFinished(request, response, { login: { accountId } });
  });
  console.log(port);
});
