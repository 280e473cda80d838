import java.net.*;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

public class ClientCredentials {
    static final HttpClient http = HttpClient.newHttpClient();

    public static void main(String[] args) throws Exception {
        String form = "grant_type=client_credentials&client_id=" + encode("{{CLIENT_ID}}")
            + "&client_secret=" + encode("{{CLIENT_SECRET}}");
        HttpResponse<String> token = send(HttpRequest.newBuilder(URI.create("{{TOKEN_URL}}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
        if (token.statusCode() != 200) {
            System.err.println("no token: " + field(token, "error") + ", request " + field(token, "request_id"));
            System.exit(1);
        }

        HttpResponse<String> corpora = send(HttpRequest.newBuilder(URI.create("{{API_URL}}/v2/corpora"))
            .header("Authorization", "Bearer " + field(token, "access_token")));
        System.out.println(corpora.body());
        System.exit(corpora.statusCode() == 200 ? 0 : 1);
    }

    static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    // Java brings no JSON parser. Your program has one; these values need no more than this.
    static String field(HttpResponse<String> answer, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(answer.body());
        return found.find() ? found.group(1) : null;
    }
}
