import axios from "axios";
import qs from "qs";

const form = qs.stringify({
  grant_type: "client_credentials",
  client_id: "{{CLIENT_ID}}",
  client_secret: "{{CLIENT_SECRET}}",
});
try {
  const { data: token } = await axios.post("{{TOKEN_URL}}", form);
  const { data: corpora } = await axios.get("{{API_URL}}/v2/corpora", {
    headers: { authorization: `Bearer ${token.access_token}` },
  });
  console.log(JSON.stringify(corpora));
} catch (failure) {
  // Without a response the server could not be reached.
  const { error, messages, request_id } = failure.response?.data ?? { error: failure.code };
  console.error(`refused: ${error ?? messages}, request ${request_id}`);
  process.exitCode = 1;
}
