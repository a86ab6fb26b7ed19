// The same answer with Go's standard library: net/http and encoding/json, no flags and no rules. The yardstick for ofrep.py.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
)

type question struct {
	Context map[string]any `json:"context"`
}

type answer struct {
	Key      string            `json:"key"`
	Reason   string            `json:"reason"`
	Variant  string            `json:"variant"`
	Value    any               `json:"value"`
	Metadata map[string]string `json:"metadata"`
}

func answerFor(key string, context map[string]any) answer {
	on := context["country"] == "DE"
	variant := "off"
	if on {
		variant = "on"
	}
	return answer{key, "TARGETING_MATCH", variant, on, map[string]string{"team": "shop"}}
}

func handle(writer http.ResponseWriter, request *http.Request) {
	var asked question
	if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	const single = "/ofrep/v1/evaluate/flags/"
	if strings.HasPrefix(request.URL.Path, single) {
		json.NewEncoder(writer).Encode(answerFor(strings.TrimPrefix(request.URL.Path, single), asked.Context))
		return
	}
	flags := make([]answer, 100)
	for index := range flags {
		flags[index] = answerFor("flag", asked.Context)
	}
	json.NewEncoder(writer).Encode(map[string]any{"flags": flags})
}

func main() {
	log.Fatal(http.ListenAndServe(os.Args[1], http.HandlerFunc(handle)))
}
