const answer = await fetch("{{TOKEN_URL}}", {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "{{CLIENT_ID}}",
    client_secret: "{{CLIENT_SECRET}}",
  }),
});
const token = await answer.json();
if (!answer.ok) {
  console.error(`no token: ${token.error}, request ${token.request_id}`);
  process.exit(1);
}

const corpora = await fetch("{{API_URL}}/v2/corpora", {
  headers: { authorization: `Bearer ${token.access_token}` },
});
console.log(await corpora.text());
if (!corpora.ok) process.exitCode = 1;
