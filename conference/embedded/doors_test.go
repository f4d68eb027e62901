package embedded

import (
	"cmp"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/einwahl/einwahl/"

// outlets are the functions by which sound gets out of a call, a room or a page's
// connection, and where each of them is called or named: by folder and function.
func outlets() map[string][]string {
	return map[string][]string{
		"a telephone's Connect": {"gateway/call Session.connect", "sip Call.Connect"},

		"(conference/mixer.Room).Join":       {"conference/conferencetest FakeVisit.Open", "conference/embedded meeting.seat"}, // a telephone's seat
		"(conference/mixer.Room).Tap":        {"conference/embedded meeting.plugMix"},                                          // the mix of a recording
		"(conference/mixer.Room).AddSpeaker": {"conference/embedded startDecoding"},                                            // a page's voice into the room

		"(conference/embedded.microphone).take": {"conference/embedded leg.connect"},
		"(conference/embedded.voice).take":      {"conference/embedded microphone.take", "conference/embedded voice.fromBeat"},
		"(conference/embedded.voice).fromBeat":  {"conference/embedded meeting.seat"},
		"(conference/embedded.voice).open":      {"conference/embedded meeting.openVoices"},
		"(conference/embedded.relay).take":      {"conference/embedded voice.take"},
		"(conference/embedded.spread).write":    {"conference/embedded relay.send", "conference/embedded voice.take"},
		"(conference/embedded.fileTrack).push":  {"conference/embedded fileTrack.pushMix", "conference/embedded voice.take"},

		"(github.com/pion/webrtc/v4.PeerConnection).AddTransceiverFromTrack": {"conference/embedded leg.add"},
		"(github.com/pion/webrtc/v4.TrackLocalContext).WriteStream":          {"conference/embedded spread.Bind"},
		"(github.com/pion/webrtc/v4.TrackLocalWriter).WriteRTP":              {"conference/embedded spread.write"},
	}
}

// takers are the types that take in sound: what is between a caller and a meeting, and
// what makes packets of it for pages and for files.
var takers = []string{
	"conference/conferencetest FakeSeat", "conference/embedded encoder", "conference/embedded seat", "conference/mixer Port", "transcode/pcm Silence",
}

// TestARoomHasNoHiddenDoor looks for all places in the source of the whole program at
// which sound can be taken out of a call, a room or a page's connection, and for all
// that could take it in. Each is a seat, a page, or the recorder: nobody can listen who
// is not in the list of people. Names are looked up as the compiler does, so that it
// does not matter by which one something is called.
func TestARoomHasNoHiddenDoor(t *testing.T) {
	found := map[string][]string{}
	var sinks []string
	for _, p := range checked(t) {
		if p.folder == "conference/embedded/webtest" {
			continue // a page of tests
		}
		for _, f := range p.files {
			for _, d := range f.Decls {
				ast.Inspect(d, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						if outlet := outletOf(p.info.Uses[id]); outlet != "" {
							found[outlet] = append(found[outlet], p.folder+" "+functionOf(d))
						}
					}
					return true
				})
			}
		}
		sinks = append(sinks, p.sinks()...)
	}
	want := outlets()
	for outlet, by := range found {
		slices.Sort(by)
		if by = slices.Compact(by); !slices.Equal(by, want[outlet]) {
			t.Errorf("%s is used by %q, want %q: who hears by it?", outlet, by, want[outlet])
		}
	}
	for outlet := range want {
		if found[outlet] == nil {
			t.Errorf("%s is not used", outlet)
		}
	}
	slices.Sort(sinks)
	if !slices.Equal(sinks, takers) {
		t.Errorf("sound is taken in by %q, want %q", sinks, takers)
	}
}

// outletOf is the name of what takes sound out of something, empty for all else.
func outletOf(o types.Object) string {
	fn, ok := o.(*types.Func)
	if !ok || fn.Pkg() == nil {
		return ""
	}
	name := strings.ReplaceAll(strings.ReplaceAll(fn.FullName(), module, ""), "*", "")
	params := fn.Signature().Params()
	switch {
	case fn.Name() == "Connect" && params.Len() == 2 && strings.HasSuffix(params.At(1).Type().String(), "pcm.Sink"):
		return "a telephone's Connect" // which one is behind an interface nobody can tell
	case ofRoom.MatchString(name) && fn.Exported() && !slices.Contains([]string{"Silence", "Clock", "Close"}, fn.Name()), ofOthers.MatchString(name):
		return name
	}
	return ""
}

var (
	ofRoom = regexp.MustCompile(`^\(conference/mixer\.Room\)`)
	// ofOthers are all by which a page's packets can be had, and those by which they
	// are sent on.
	ofOthers = regexp.MustCompile(`^\((conference/embedded\.(spread\)\.write|relay\)\.take|microphone\)\.take|voice\)\.(take|fromBeat|open)|fileTrack\)\.push)|` +
		`github.com/pion/webrtc/v4\.(TrackLocal\w*\)\.Write\w*|TrackRemote\)\.Read\w*|PeerConnection\)\.(Add(Track|Transceiver)\w*|OnTrack)|RTPSender\)\.ReplaceTrack))$`)
)

// functionOf is the function that a declaration is, with the type it is of.
func functionOf(d ast.Decl) string {
	fn, ok := d.(*ast.FuncDecl)
	if !ok {
		return "outside of functions"
	}
	if fn.Recv == nil {
		return fn.Name.Name
	}
	of := fn.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return types.ExprString(of) + "." + fn.Name.Name
}

// typed is one folder of the program with what its names stand for.
type typed struct {
	folder string
	files  []*ast.File
	info   *types.Info
	types  *types.Package
	sink   *types.Interface
}

// sinks are the types of the folder that take in sound.
func (p typed) sinks() (names []string) {
	for _, name := range p.types.Scope().Names() {
		o, ok := p.types.Scope().Lookup(name).(*types.TypeName)
		if ok && !types.IsInterface(o.Type()) && types.Implements(types.NewPointer(o.Type()), p.sink) {
			names = append(names, p.folder+" "+name)
		}
	}
	return names
}

// sinkOf is what takes in sound, as package pcm says it.
func sinkOf(pcm *types.Package) *types.Interface {
	return pcm.Scope().Lookup("Sink").Type().Underlying().(*types.Interface)
}

// checked is the source of the program, without its tests.
func checked(t *testing.T) (all []typed) {
	t.Helper()
	// Raced as this is, or all would be compiled anew.
	list := exec.Command(cmp.Or(os.Getenv("GO"), "go"), "list", "-deps", "-export", "-race="+strconv.FormatBool(raced), "-json=ImportPath,Dir,GoFiles,CgoFiles,Export", module+"...")
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	type folder struct {
		ImportPath, Dir, Export string
		GoFiles, CgoFiles       []string
	}
	folders := map[string]folder{}
	for d := json.NewDecoder(out); ; {
		var f folder
		if err := d.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		folders[f.ImportPath] = f
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	from := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(folders[path].Export) })
	pcm, err := from.Import(module + "transcode/pcm")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(folders)) {
		name, ours := strings.CutPrefix(path, module)
		if !ours {
			continue
		}
		p := typed{folder: name, info: &types.Info{Uses: map[*ast.Ident]types.Object{}}, sink: sinkOf(pcm)}
		for _, file := range slices.Concat(folders[path].GoFiles, folders[path].CgoFiles) {
			f, err := parser.ParseFile(set, filepath.Join(folders[path].Dir, file), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			p.files = append(p.files, f)
		}
		if p.types, err = (&types.Config{Importer: from, FakeImportC: true}).Check(path, set, p.files, p.info); err != nil {
			t.Fatal(err)
		}
		if path == pcm.Path() {
			p.sink = sinkOf(p.types)
		}
		all = append(all, p)
	}
	return all
}
