// What the Go versions of the benchmarks share: parameters, failure, threads, and the report at the
// end, all as bench.h has it. They do the same work as the C programs of the same names.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
)

type params map[string]*int

// benchStart reads the command line, NAME=VALUE each.
func benchStart(known params) {
	for _, argument := range os.Args[1:] {
		name, text, _ := strings.Cut(argument, "=")
		value, err := strconv.Atoi(text)
		if known[name] == nil || err != nil {
			fmt.Fprintln(os.Stderr, "not understood:", argument)
			os.Exit(2)
		}
		*known[name] = value
	}
}

func check(condition bool, what string) {
	if !condition {
		fmt.Fprintln(os.Stderr, "wrong:", what)
		os.Exit(1)
	}
}

// inThreads calls body in so many goroutines at once and waits for all.
func inThreads(threads int, body func()) {
	var group sync.WaitGroup
	for i := 0; i < threads; i++ {
		group.Add(1)
		go func() {
			body()
			group.Done()
		}()
	}
	group.Wait()
}

// The upper end of the highest bucket of pauses that is not empty.
func longestStop() float64 {
	sample := []metrics.Sample{{Name: "/gc/pauses:seconds"}}
	metrics.Read(sample)
	pauses := sample[0].Value.Float64Histogram()
	longest := 0.0
	for i, count := range pauses.Counts {
		if count > 0 && !math.IsInf(pauses.Buckets[i+1], 1) {
			longest = pauses.Buckets[i+1]
		}
	}
	return longest
}

// benchEnd reports what the collector did.
func benchEnd() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Printf("collections=%d longest_stop_us=%.0f\n", stats.NumGC, longestStop()*1e6)
}
