package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	answer := must(http.PostForm("{{TOKEN_URL}}", url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {"{{CLIENT_ID}}"},
		"client_secret": {"{{CLIENT_SECRET}}"},
	}))
	var token map[string]any
	must(0, json.NewDecoder(answer.Body).Decode(&token))
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("no token: %s, request %s", token["error"], token["request_id"])
	}

	request := must(http.NewRequest("GET", "{{API_URL}}/v2/corpora", nil))
	request.Header.Set("Authorization", fmt.Sprint("Bearer ", token["access_token"]))
	corpora := must(http.DefaultClient.Do(request))
	fmt.Println(string(must(io.ReadAll(corpora.Body))))
	if corpora.StatusCode != http.StatusOK {
		log.Fatal(corpora.Status)
	}
}
