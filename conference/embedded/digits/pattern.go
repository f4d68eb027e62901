package digits

import "strings"

// longest is how many digits in a row may be alike, or follow each other.
const longest = 3

// Pattern says what makes a row of digits easy to guess, empty where nothing
// does.
func Pattern(s string) string {
	switch {
	case runs(s, 0):
		return "the same digit more than three times in a row"
	case runs(s, 1) || runs(s, -1):
		return "digits that follow each other, such as 1234"
	case repeats(s):
		return "a few digits over and over"
	case mirrored(s):
		return "the same forwards and backwards"
	case distinct(s) < min(len(s)/2, 4):
		return "hardly any different digits"
	}
	return ""
}

// WeakPIN says what makes a PIN easy to guess for who knows the meeting's number,
// empty where nothing does.
func WeakPIN(pin, number string) string {
	if weak := Pattern(pin); weak != "" {
		return weak
	}
	if pin != "" && (strings.Contains(number, pin) || strings.Contains(backwards(number), pin)) {
		return "a part of the meeting's number"
	}
	return ""
}

// runs reports whether more than longest digits follow each other by step; 0
// follows 9.
func runs(s string, step int) bool {
	n := 1
	for i := 1; i < len(s); i++ {
		if (int(s[i])-int(s[i-1])-step+10)%10 == 0 {
			n++
		} else {
			n = 1
		}
		if n > longest {
			return true
		}
	}
	return false
}

// repeats reports whether s is a block that is there at least twice.
func repeats(s string) bool {
	for block := 1; 2*block <= len(s); block++ {
		if s[block:] == s[:len(s)-block] {
			return true
		}
	}
	return false
}

func mirrored(s string) bool { return len(s) > longest && s == backwards(s) }

func backwards(s string) string {
	b := make([]byte, len(s))
	for i := range s {
		b[len(s)-1-i] = s[i]
	}
	return string(b)
}

func distinct(s string) int {
	n := 0
	for d := byte('0'); d <= '9'; d++ {
		if strings.IndexByte(s, d) >= 0 {
			n++
		}
	}
	return n
}
