// A certified OpenID provider (npm oidc-provider) on loopback, for the tests of signing in.
//
//   node openid_provider.mjs PORT NODE_MODULES SETTINGS.json
//
// SETTINGS: {"client_id", "client_secret", "redirect_uris", "people": {login: claims}}; it is read again whenever
// somebody is asked about, so that a test changes what the provider says by writing the file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [port, modules, settingsFile] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const { Provider } = await import(load.resolve("oidc-provider"));
const settings = () => JSON.parse(readFileSync(settingsFile, "utf8"));
const started = settings();
const GROUPS = ["eduperson_entitlement", "wlcg.groups", "groups"];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: started.client_id,
      client_secret: started.client_secret,
      redirect_uris: started.redirect_uris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "given_name", "family_name", "orcid"], email: ["email", "email_verified"], groups: GROUPS },
  pkce: { required: () => true },
  async findAccount(_context, login) {
    const claims = settings().people[login];
    return claims && { accountId: login, claims: async () => ({ sub: login, ...claims }) };
  },
  cookies: { keys: ["only for the tests"] },
});
provider.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
