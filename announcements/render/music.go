package main

import "math"

const (
	// beat is the length of a note of the melody.
	beat = rate * 2 / 3
	// beatsPerChord times eight chords times beat is the length of the loop.
	beatsPerChord = 6
	// overlap repeats the loop's beginning after its end: the player blends
	// the two, so that nobody hears where the coding began.
	overlap = rate / 20
)

// chord is four notes of the accompaniment and six of the melody, as MIDI
// note numbers; 0 is a rest. Everything lies inside the telephone's band.
type chord struct {
	pad    [4]int
	melody [beatsPerChord]int
}

// song is our own: a slow turn through F major that ends where it begins.
var song = []chord{
	{[4]int{53, 60, 64, 69}, [6]int{69, 0, 72, 76, 0, 72}},
	{[4]int{50, 57, 60, 65}, [6]int{74, 0, 69, 65, 0, 69}},
	{[4]int{58, 62, 65, 69}, [6]int{70, 0, 74, 77, 0, 74}},
	{[4]int{55, 58, 62, 65}, [6]int{74, 0, 70, 67, 0, 65}},
	{[4]int{57, 60, 64, 67}, [6]int{67, 0, 72, 76, 0, 79}},
	{[4]int{50, 57, 60, 65}, [6]int{77, 0, 74, 72, 0, 69}},
	{[4]int{55, 58, 62, 65}, [6]int{70, 0, 74, 72, 0, 70}},
	{[4]int{48, 58, 60, 64}, [6]int{67, 0, 64, 67, 70, 72}},
}

// compose plays the song on a ring: what still sounds at its end sounds on at
// its beginning, so the loop has no seam.
func compose() []float64 {
	length := len(song) * beatsPerChord * beat
	ring := make([]float64, length)
	for n, c := range song {
		start := n * beatsPerChord * beat
		for _, note := range c.pad {
			pad(ring, start, note)
		}
		for k, note := range c.melody {
			if note > 0 {
				pluck(ring, start+k*beat, note)
			}
		}
	}
	return append(ring, ring[:overlap]...)
}

// pad is a note that swells and fades, of two voices slightly apart.
func pad(ring []float64, start, note int) {
	const swell, fade = rate * 3 / 2, rate * 2
	length := beatsPerChord*beat + fade
	for i := range length {
		gain := 0.06
		if i < swell {
			gain *= smooth(float64(i) / swell)
		}
		if left := length - i; left < fade {
			gain *= smooth(float64(left) / fade)
		}
		t := float64(i) / rate
		f := frequency(note)
		voice := math.Sin(2*math.Pi*f*0.9985*t) + math.Sin(2*math.Pi*f*1.0015*t) + 0.25*math.Sin(4*math.Pi*f*t)
		ring[(start+i)%len(ring)] += gain * voice
	}
}

// pluck is a soft bell: harmonics that die away, the higher the sooner.
func pluck(ring []float64, start, note int) {
	const length, attack = rate * 5 / 2, rate / 80
	for i := range length {
		t := float64(i) / rate
		gain := 0.16 * smooth(min(1, float64(i)/attack)) * smooth(min(1, float64(length-i)/(rate/4)))
		voice := 0.0
		for h, weight := range []float64{1, 0.35, 0.12, 0.05} {
			voice += weight * math.Exp(-t*(1.6+1.4*float64(h))) * math.Sin(2*math.Pi*frequency(note)*float64(h+1)*t)
		}
		ring[(start+i)%len(ring)] += gain * voice
	}
}

func frequency(note int) float64 {
	return 440 * math.Pow(2, float64(note-69)/12)
}

// smooth goes from 0 to 1 without a corner.
func smooth(x float64) float64 {
	return 0.5 - 0.5*math.Cos(math.Pi*x)
}
