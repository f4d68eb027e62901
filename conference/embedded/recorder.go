package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/vault"
	"github.com/einwahl/einwahl/conference/mixer"
)

// mixName is the file of all voices together.
const mixName = "mix"

// recorder writes one recording. The meeting's owner starts and stops it;
// voices push packets from wherever they come; a goroutine of its own writes,
// so that a slow disk holds up nobody: what does not fit is dropped, and is a
// gap of silence.
type recorder struct {
	run     uint64
	purpose Texts
	began   time.Time
	paused  atomic.Bool
	mixFrom atomic.Int64 // when the mix begins, or goes on, in nanoseconds since began
	resumed atomic.Int64 // when the recording went on after a pause, likewise
	dropped atomic.Uint64
	packets chan *recorded
	free    chan *recorded
	stopped chan struct{} // closed by the owner
	keep    int           // days that the files are kept
	reason  string        // why so long

	// Owned by the meeting's owner.
	ready  bool // the files can be written
	tap    *mixer.Tap
	mix    *encoder
	tracks map[string]*fileTrack
}

// recorded is a packet on its way to its file.
type recorded struct {
	track *fileTrack
	ts    uint32
	after time.Duration
	since time.Duration // what was said before is not recorded
	size  int
	data  [1500]byte
}

// fileTrack is one speaker's way into the recording.
type fileTrack struct {
	recorder *recorder
	name     string
	phone    bool
}

const (
	// recorderQueue is how many packets may wait for the disk: a second of ten
	// talkers, and more than the disk should ever be behind.
	recorderQueue = 512
	// gatherFor is how long they wait: the writer is not woken for each.
	gatherFor = 100 * time.Millisecond
)

func newRecorder(run uint64, now time.Time) *recorder {
	r := &recorder{
		run: run, began: now, tracks: map[string]*fileTrack{}, stopped: make(chan struct{}),
		packets: make(chan *recorded, recorderQueue), free: make(chan *recorded, recorderQueue),
	}
	return r
}

// track is the way into the recording of one speaker.
func (r *recorder) track(name string, phone bool) *fileTrack {
	t, ok := r.tracks[name]
	if !ok {
		t = &fileTrack{recorder: r, name: name, phone: phone}
		r.tracks[name] = t
	}
	return t
}

// push hands a packet to the recorder without waiting for anything.
func (t *fileTrack) push(ts uint32, payload []byte, at time.Time) {
	r := t.recorder
	if r.paused.Load() || len(payload) > len(recorded{}.data) {
		return
	}
	var p *recorded
	select {
	case p = <-r.free:
	default:
		p = new(recorded) // until there are as many as the queue is long
	}
	p.track, p.ts, p.after, p.size = t, ts, at.Sub(r.began), copy(p.data[:], payload)
	p.since = time.Duration(r.resumed.Load())
	select {
	case r.packets <- p:
	default:
		r.dropped.Add(1)
		r.giveBack(p)
	}
}

// giveBack keeps a packet's memory for another.
func (r *recorder) giveBack(p *recorded) {
	select {
	case r.free <- p:
	default:
	}
}

// mixDelay is how old the sound in a room can be: what was said before a
// recording went on must not end in its mix for that.
const mixDelay = 250 * time.Millisecond

// pause holds the recording, or lets it go on.
func (r *recorder) pause(on bool) {
	if r.paused.Load() && !on {
		r.resumed.Store(int64(time.Since(r.began)))
		r.holdMix()
	}
	r.paused.Store(on)
}

func (r *recorder) holdMix() { r.mixFrom.Store(int64(time.Since(r.began) + mixDelay)) }

// pushMix is push for the mix.
func (t *fileTrack) pushMix(ts uint32, payload []byte, at time.Time) {
	if int64(at.Sub(t.recorder.began)) >= t.recorder.mixFrom.Load() {
		t.push(ts, payload, at)
	}
}

// write is the recorder's goroutine. It calls ready once the directory can be
// written to, and returns when the recording was stopped and is on disk, or
// with the error that has ended it.
func (r *recorder) write(a archive, meeting string, ready func()) error {
	files, err := r.begin(a, meeting)
	if err != nil {
		return err
	}
	defer files.abandon()
	ready()
	step := time.NewTicker(time.Second)
	defer step.Stop()
	gather := time.NewTicker(gatherFor)
	defer gather.Stop()
	for {
		var err error
		select {
		case <-step.C:
			err = r.keepUp(files, time.Since(r.began)-time.Second)
		case <-gather.C:
			err = r.writeQueued(files)
		case <-r.stopped:
			if err := r.finish(files); err != nil {
				return err
			}
			return a.tell(files.name(), meeting)
		}
		if err != nil {
			return err
		}
	}
}

// begin makes all that there must be before a word is recorded. Where it cannot,
// nothing is left of it.
func (r *recorder) begin(a archive, meeting string) (*fileSet, error) {
	directory, err := makeDirectory(a.recordings, meeting, r.began)
	if err != nil {
		return nil, err
	}
	key, err := a.makeKey(filepath.Base(directory))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	files := newFileSet(directory, key, newManifest(meeting, r.run, r.began))
	files.manifest.Purpose, files.keep, files.manifest.Reason = r.purpose, r.keep, r.reason
	err = files.writeManifest(vault.Replace)
	if err == nil {
		err = vault.SyncFolder(a.recordings)
	}
	if err != nil {
		return nil, errors.Join(err, a.destroyKey(files.name()), os.RemoveAll(directory))
	}
	return files, nil
}

func (r *recorder) writeOne(files *fileSet, p *recorded) error {
	err := files.write(p)
	r.giveBack(p)
	return err
}

// finish writes what is still queued and brings all files to one length.
func (r *recorder) finish(files *fileSet) error {
	length := time.Since(r.began)
	if err := r.writeQueued(files); err != nil {
		return err
	}
	return files.finish(length, r.dropped.Load())
}

// keepUp brings all files so far. What waits belongs before the silence: after
// a disk that stood still, that may be seconds of it.
func (r *recorder) keepUp(files *fileSet, reached time.Duration) error {
	if err := r.writeQueued(files); err != nil {
		return err
	}
	return files.keepUp(reached)
}

// writeQueued writes what waits now. Packets that come meanwhile are later ones.
func (r *recorder) writeQueued(files *fileSet) error {
	for range len(r.packets) {
		if err := r.writeOne(files, <-r.packets); err != nil {
			return err
		}
	}
	return nil
}

// makeDirectory makes the recording's own directory. Its name tells the
// meeting and the time, and nobody's name.
func makeDirectory(root, meeting string, began time.Time) (string, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", fmt.Errorf("make the directory of recordings: %w", err)
	}
	base := filepath.Join(root, meeting+"-"+began.UTC().Format("20060102T150405Z"))
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		err := os.Mkdir(name, 0o700)
		if err == nil {
			return name, nil
		}
		if !os.IsExist(err) || n == 100 {
			return "", fmt.Errorf("make the directory of a recording: %w", err)
		}
	}
}
