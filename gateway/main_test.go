package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/wav"
)

// asProgram makes the test binary be the program.
const asProgram = "EINWAHL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(ctx context.Context, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Dir = dir
	c.Env = peertest.Environment(asProgram+"=1", "EINWAHL_ADMIN_TOKEN=token-of-this-test")
	return c
}

// call runs a command to its end.
func call(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, faults bytes.Buffer
	c := program(t.Context(), t.TempDir(), args...)
	c.Stdout, c.Stderr = &out, &faults
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), faults.String(), c.ProcessState.ExitCode()
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "einwahl.yaml")
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const broken = `sip: {listen: ["udp://127.0.0.1:0"], nonsense: 1}
admission: {encryption: {e2ee: admit}}
limits: {tries: many}
`

func TestBrokenFileIsReportedWholeAndNothingStarts(t *testing.T) {
	path := write(t, "", broken)
	for command, where := range map[string]func(stdout, stderr string) string{
		"check": func(stdout, _ string) string { return stdout },
		"run":   func(_, stderr string) string { return stderr },
	} {
		stdout, stderr, code := call(t, command, "--config", path)
		if code != 1 {
			t.Errorf("%s: exit %d, want 1", command, code)
		}
		for _, want := range []string{
			"sip.nonsense: unknown key", "(line 1)", "admission.encryption.e2ee: telephones are always refused here", "(line 2)",
			`limits.tries: "many": want a whole number (line 3)`, "3 mistakes",
		} {
			if !strings.Contains(where(stdout, stderr), want) {
				t.Errorf("%s does not report %q:\n%s%s", command, want, stdout, stderr)
			}
		}
		if strings.Contains(stdout+stderr, "ready") {
			t.Errorf("%s has started:\n%s%s", command, stdout, stderr)
		}
	}
}

func TestPrintedFilePassesTheCheck(t *testing.T) {
	sample, _, code := call(t, "config")
	if code != 0 || sample != string(config.SampleFile()) {
		t.Fatalf("config: exit %d, and not the sample", code)
	}
	stdout, stderr, code := call(t, "check", "--config", write(t, "", sample))
	if code != 0 || !strings.Contains(stdout, "no mistake. 1 trunk, 3 numbers, 9 meetings.") || !strings.Contains(stdout, "yes  encryption level") {
		t.Errorf("check: exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestCheckTellsWhatIsHardlyMeant(t *testing.T) {
	stdout, stderr, code := call(t, "check", "--config", write(t, "", "trunks: [{name: a, peers: [192.0.2.1]}]\nnumbers: [{number: 1, trunks: [a]}]\n"))
	for _, want := range []string{"no mistake", "hardly meant: trunks[0].peers: 192.0.2.1 is beyond this machine", "hardly meant: meetings: there is none"} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("check (exit %d) does not say %q:\n%s%s", code, want, stdout, stderr)
		}
	}
}

// TestCheckTellsWhatAStartWarnsOf: whoever checks a file before putting it in force
// reads all that the log would have.
func TestCheckTellsWhatAStartWarnsOf(t *testing.T) {
	path := write(t, "", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: carrier, peers: [192.0.2.1]}]\nnumbers: [{number: n, trunks: [carrier]}]\nprivacy: {caller_number: full}\n")
	stdout, stderr, code := call(t, "check", "--config", path)
	for _, want := range []string{"trunks[0]: calls of carrier may come in the clear", "privacy.caller_number: everybody"} {
		if want = "callers would hardly expect it: " + want; code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("check (exit %d) does not say %q:\n%s%s", code, want, stdout, stderr)
		}
	}
}

func TestPromptsAreListedAndWrittenAsWAV(t *testing.T) {
	stdout, stderr, code := call(t, "prompts", "list", "--language", "en")
	if code != 0 || !strings.Contains(stdout, "refuse.e2ee") || strings.Contains(stdout, "\nde ") {
		t.Errorf("prompts list: exit %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = call(t, "prompts", "play", "refuse.e2ee", "--language", "de")
	if code != 0 || !strings.HasPrefix(stdout, "RIFF") {
		t.Errorf("prompts play: exit %d, %d bytes\n%s", code, len(stdout), stderr)
	}
	if _, stderr, code = call(t, "prompts", "play", "nonsense"); code != 1 || !strings.Contains(stderr, "no prompt is called") {
		t.Errorf("prompts play nonsense: exit %d\n%s", code, stderr)
	}
	if _, stderr, code = call(t, "prompts", "render", "welcome"); code != 1 || !strings.Contains(stderr, "announcements.directory is empty") {
		t.Errorf("prompts render without a folder: exit %d\n%s", code, stderr)
	}
	if _, stderr, code = call(t, "prompts", "list", "--language", "tlh"); code != 1 || !strings.Contains(stderr, "there are de, en, es, fr, it, nl, pl") {
		t.Errorf("prompts list in a language that is not spoken: exit %d\n%s", code, stderr)
	}
}

// TestCallersHearWhatPromptsPlayWrites compares the recording of a refused caller with
// what the command line writes.
func TestCallersHearWhatPromptsPlayWrites(t *testing.T) {
	t.Parallel()
	const file = "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\nconference: {embedded: {webrtc: {ports: 0}}}\n" +
		"meetings: [{id: '100000006', encryption: e2ee}]\ntrunks: [{name: loopback, peers: ['127.0.0.1']}]\n" +
		"numbers: [{number: en, trunks: [loopback], languages: [en], meeting: '100000006'}]\nlog: {format: json}\n"
	played, stderr, code := call(t, "prompts", "play", "refuse.e2ee", "--language", "en")
	if code != 0 {
		t.Fatalf("prompts play: exit %d\n%s", code, stderr)
	}
	prompt, err := wav.Read(strings.NewReader(played), pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, program(t.Context(), t.TempDir(), "run", "--config", write(t, "", file)))
	phone := peertest.StartBaresip(t, peertest.Tone(t, pcm.Narrowband, 440, -20, 60), "PCMA")
	phone.Dial("sip:en@" + r.sip)
	phone.Wait("CALL_CLOSED")
	match, place := peertest.Match(phone.Heard(), prompt)
	if match < .9 {
		t.Errorf("the best match of the prompt in the caller's recording is %.2f at %v, want .9", match, time.Duration(place)*time.Second/pcm.Narrowband)
	}
	t.Logf("correlation %.3f", match)
}

func TestPromptsCheckEndsWithOneWhereSomethingIsWrong(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "fr"), 0o755); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := call(t, "prompts", "play", "-l", "fr", "enter", "-o", filepath.Join(folder, "fr", "enter.wav")); code != 0 {
		t.Fatalf("prompts play: exit %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code := call(t, "prompts", "check", folder)
	if code != 1 || !strings.Contains(stdout, "fr: 1 of ") || !strings.Contains(stdout, "missing are: welcome, ") {
		t.Errorf("what is missing: exit %d\n%s%s", code, stdout, stderr)
	}
	if stdout, stderr, code = call(t, "prompts", "check", "--partial", folder); code != 0 || !strings.Contains(stdout, "the built-in voice speaks the others") {
		t.Errorf("some replaced: exit %d\n%s%s", code, stdout, stderr)
	}
	if err := os.WriteFile(filepath.Join(folder, "fr", "entrer.mp3"), []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code = call(t, "prompts", "check", "--partial", folder); code != 1 || !strings.Contains(stdout, "fr/entrer.mp3: is not read") || !strings.Contains(stdout, "1 fault.") {
		t.Errorf("what is wrong: exit %d\n%s%s", code, stdout, stderr)
	}
	if _, stderr, code = call(t, "prompts", "check", filepath.Join(folder, "none")); code != 2 {
		t.Errorf("a missing folder: exit %d\n%s", code, stderr)
	}
}

func TestHelpTeaches(t *testing.T) {
	stdout, _, code := call(t, "--help")
	for _, want := range []string{"sip:en@127.0.0.1", "einwahl config > einwahl.yaml", "prompts play", "health"} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("help (exit %d) lacks %q:\n%s", code, want, stdout)
		}
	}
	if stdout, _, code = call(t, "version"); code != 0 || !strings.Contains(stdout, "libopus") {
		t.Errorf("version: exit %d\n%s", code, stdout)
	}
}

// running is a gateway in a process of its own, and what it logs.
type running struct {
	t       *testing.T
	command *exec.Cmd
	log     *bufio.Scanner
	http    string // where its pages are
	sip     string // host:port
}

// begin starts a gateway and waits until it is ready. It is gone when the test is over.
func begin(t *testing.T, c *exec.Cmd) *running {
	t.Helper()
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, command: c, log: bufio.NewScanner(stderr)}
	t.Cleanup(r.kill)
	ready := r.until("gateway ready")
	r.http, _ = ready["http"].(string)
	at, _ := ready["sip"].([]any)
	if len(at) != 1 {
		t.Fatalf("the gateway listens on %v, want one address", at)
	}
	r.sip = strings.TrimPrefix(at[0].(string), "udp://")
	return r
}

// wait waits for the end. The log is read to its end before the pipe is closed.
func (r *running) wait() error {
	for r.log.Scan() {
	}
	return r.command.Wait()
}

// kill ends the gateway as a power cut does.
func (r *running) kill() {
	_ = r.command.Process.Kill() // it may be over
	_ = r.wait()                 // which says that it was killed
}

// signal sends the gateway a signal.
func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.command.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// end has the gateway end, which it must do well.
func (r *running) end() {
	r.t.Helper()
	r.signal(syscall.SIGTERM)
	if err := r.wait(); err != nil {
		r.t.Errorf("the gateway ended with %v, want that it ends well", err)
	}
}

// until reads the log up to a message that begins so and returns that line.
func (r *running) until(message string) map[string]any {
	r.t.Helper()
	var others strings.Builder
	for r.log.Scan() {
		fmt.Fprintln(&others, r.log.Text())
		var line map[string]any
		if json.Unmarshal(r.log.Bytes(), &line) != nil {
			continue
		}
		if text, _ := line["message"].(string); strings.HasPrefix(text, message) {
			return line
		}
	}
	r.t.Fatalf("the log ended without %q:\n%s", message, &others)
	return nil
}

// It is the last thing that this gateway says: its records cannot be kept.
func TestAStartWarnsOfTrunksThatMayBeClear(t *testing.T) {
	none := write(t, filepath.Join(t.TempDir(), "none"), "")
	for only, warned := range map[string]bool{"false": true, "true": false} {
		path := write(t, "", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: carrier, peers: [192.0.2.1]}]\nnumbers: [{number: n, trunks: [carrier]}]\n"+
			"admission: {secure_leg: "+only+"}\nrecords: {directory: "+none+"}\n")
		_, stderr, code := call(t, "run", "--config", path)
		if told := strings.Contains(stderr, "calls of carrier may come in the clear"); code != 1 || told != warned || !strings.Contains(stderr, "make folder for records") {
			t.Errorf("encrypted calls only: %s (exit %d): warned %v, want %v:\n%s", only, code, told, warned, stderr)
		}
	}
}

func TestAStartWarnsOfWhatCallersWouldHardlyExpect(t *testing.T) {
	none := write(t, filepath.Join(t.TempDir(), "none"), "")
	path := write(t, "", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: carrier, peers: [192.0.2.1]}]\nnumbers: [{number: n, trunks: [carrier]}]\nprivacy: {caller_number: full}\nrecords: {directory: "+none+"}\n")
	_, stderr, code := call(t, "run", "--config", path)
	for _, key := range []string{"privacy.caller_number: ", "privacy.controller: "} {
		if code != 1 || !strings.Contains(stderr, key) {
			t.Errorf("exit %d, no word of %s:\n%s", code, key, stderr)
		}
	}
}

func TestReloadTakesAGoodFileAndLeavesABadOne(t *testing.T) {
	const head = "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\nconference: {embedded: {webrtc: {ports: 0}}}\n"
	path := write(t, "", head)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := begin(t, program(ctx, t.TempDir(), "run", "--config", path))

	write(t, path, head+broken[strings.Index(broken, "\n")+1:])
	r.signal(syscall.SIGHUP)
	r.until("admission.encryption.e2ee: ") // each mistake on a line of its own
	r.until("limits.tries: ")
	r.until("file not taken, nothing has changed")
	write(t, path, head+"limits: {tries: 2}\n")
	r.signal(syscall.SIGHUP)
	r.until("operator's file read again")

	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, r.http+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("readyz after reloads = %s, want 200", answer.Status)
	}
	r.end()
}
