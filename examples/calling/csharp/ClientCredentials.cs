using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;
using Json = System.Text.Json.Nodes.JsonNode;

class ClientCredentials
{
    static async Task<int> Main()
    {
        var http = new HttpClient();
        var answer = await http.PostAsync("{{TOKEN_URL}}", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "{{CLIENT_ID}}",
            ["client_secret"] = "{{CLIENT_SECRET}}",
        }));
        var token = Json.Parse(await answer.Content.ReadAsStringAsync());
        if (!answer.IsSuccessStatusCode)
        {
            Console.Error.WriteLine($"no token: {token["error"]}, request {token["request_id"]}");
            return 1;
        }

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)token["access_token"]);
        var corpora = await http.GetAsync("{{API_URL}}/v2/corpora");
        Console.WriteLine(await corpora.Content.ReadAsStringAsync());
        return corpora.IsSuccessStatusCode ? 0 : 1;
    }
}
