// Package denoise takes steady noise, as of a car or a fan, out of what a caller
// says, by the preprocessor of libspeexdsp. It delays sound by a frame and
// leaves what is no noise nearly as it was.
//
// A filter belongs to one goroutine at a time. It holds memory that Go does not
// know of: close it.
package denoise

/*
#cgo pkg-config: speexdsp
#cgo noescape speex_preprocess_run
#cgo nocallback speex_preprocess_run
#include <speex/speex_preprocess.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// suppression is by how much noise is lowered, in dB: more makes it gurgle.
const suppression = -18

var errMemory = errors.New("denoise: no memory")

// Filter takes the noise out of one stream.
type Filter struct {
	c       *C.SpeexPreprocessState
	samples int
	tail    bool // a part of the frame before is still in the filter
}

// New makes a filter for a stream at rate, 8000 or 16000.
func New(rate int) (*Filter, error) {
	if rate != pcm.Narrowband && rate != pcm.Wideband {
		return nil, fmt.Errorf("denoise: no sample rate %d: want 8000 or 16000", rate)
	}
	f := &Filter{samples: rate / 50}
	f.c = C.speex_preprocess_state_init(C.int(f.samples), C.int(rate))
	if f.c == nil {
		return nil, errMemory
	}
	f.set(C.SPEEX_PREPROCESS_SET_DENOISE, 1)
	f.set(C.SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, suppression)
	return f, nil
}

// set cannot fail: the library knows each of the requests.
func (f *Filter) set(request C.int, value C.spx_int32_t) {
	C.speex_preprocess_ctl(f.c, request, unsafe.Pointer(&value)) //nolint:gocritic // what cgo makes of it
}

// Pass filters the next 20 ms of the stream in place. heard tells whether
// anything is in them, and it returns whether anything is now: silence costs
// nothing but the frame that the last words end in.
func (f *Filter) Pass(frame pcm.Frame, heard bool) bool {
	if f.c == nil || len(frame) != f.samples || !heard && !f.tail {
		return heard
	}
	if !heard {
		clear(frame)
	}
	f.tail = heard
	C.speex_preprocess_run(f.c, (*C.spx_int16_t)(unsafe.SliceData(frame)))
	return true
}

// Flush forgets the end of the last words, if it is still in the filter. What is
// known of the noise stays.
func (f *Filter) Flush() {
	var silence [pcm.WidebandSamples]int16
	f.Pass(silence[:f.samples], false)
}

// Close frees the filter, which then lets pass all as it is. It is safe to call
// twice.
func (f *Filter) Close() {
	if f.c != nil {
		C.speex_preprocess_state_destroy(f.c)
		f.c = nil
	}
}
