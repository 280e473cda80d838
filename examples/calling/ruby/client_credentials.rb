require "json"
require "net/http"

answer = Net::HTTP.post_form(
  URI('{{TOKEN_URL}}'),
  "grant_type" => "client_credentials",
  "client_id" => '{{CLIENT_ID}}',
  "client_secret" => '{{CLIENT_SECRET}}'
)
token = JSON.parse(answer.body)
unless answer.is_a?(Net::HTTPSuccess)
  abort "no token: #{token["error"]}, request #{token["request_id"]}"
end

corpora = Net::HTTP.get_response(
  URI('{{API_URL}}/v2/corpora'),
  "Authorization" => "Bearer #{token["access_token"]}"
)
puts corpora.body
exit 1 unless corpora.is_a?(Net::HTTPSuccess)
