package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// journal is one file of lines. Lines that come while others are on their way to
// the disk go there together: a disk takes a thousand a second one by one, and any
// number at once.
type journal struct {
	syncing sync.Mutex // held while lines are brought to the disk, and taken before mu
	sync    func() error

	mu    sync.Mutex // held while a line is written
	file  *os.File
	torn  bool   // the last line has no end
	batch *batch // of the lines that are written since the last were brought
}

// batch are lines that are brought to the disk together.
type batch struct {
	lines int
	once  sync.Once
	err   error // of bringing them, once that is done
}

func openJournal(name string) (*journal, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	torn, err := endsTorn(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read end of %s: %w", name, err), file.Close())
	}
	return &journal{file: file, torn: torn, sync: file.Sync}, nil
}

// endsTorn reports whether the last line has no end, as a power cut leaves it.
func endsTorn(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// append writes a record. When it returns nil, it is on the disk.
func (j *journal) append(record any) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	b, err := j.write(line)
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	b.once.Do(func() { j.bring(b) })
	if b.err != nil {
		return fmt.Errorf("write record to the disk: %w", b.err)
	}
	return nil
}

// write adds a line to the file, and returns the batch with which it goes to the
// disk.
func (j *journal) write(line []byte) (*batch, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.torn { // whatever stands there must not spoil this one
		line = append([]byte{'\n'}, line...)
	}
	n, err := j.file.Write(append(line, '\n'))
	if err != nil {
		j.torn = j.torn || n > 0 // a full disk may have taken a part of it
		return nil, err
	}
	j.torn = false
	if j.batch == nil {
		j.batch = &batch{}
	}
	j.batch.lines++
	return j.batch, nil
}

// bring brings a batch to the disk. Until its turn has come lines join it.
func (j *journal) bring(b *batch) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	j.batch = nil
	j.mu.Unlock()
	b.err = j.sync()
}

func (j *journal) close() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close records: %w", err)
	}
	return nil
}
