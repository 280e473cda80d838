<?php

function request(string $url, array $options): array
{
    $request = curl_init($url);
    curl_setopt_array($request, $options + [CURLOPT_RETURNTRANSFER => true]);
    $body = curl_exec($request);
    if ($body === false) {
        exit(curl_error($request) . "\n");
    }
    return [curl_getinfo($request, CURLINFO_RESPONSE_CODE), $body];
}

[$status, $answer] = request('{{TOKEN_URL}}', [
    CURLOPT_POSTFIELDS => http_build_query([
        'grant_type' => 'client_credentials',
        'client_id' => '{{CLIENT_ID}}',
        'client_secret' => '{{CLIENT_SECRET}}',
    ]),
]);
$token = json_decode($answer, true);
if ($status !== 200) {
    fwrite(STDERR, "no token: {$token['error']}, request {$token['request_id']}\n");
    exit(1);
}

[$status, $corpora] = request('{{API_URL}}/v2/corpora', [
    CURLOPT_HTTPHEADER => ["Authorization: Bearer {$token['access_token']}"],
]);
echo $corpora, "\n";
exit($status === 200 ? 0 : 1);
