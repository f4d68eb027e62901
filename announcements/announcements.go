// Package announcements is the gateway's voice. It knows every sentence a
// caller can hear, in every language, as text and as a recording, and turns a
// row of them into a [Speech]: a source of sound like any other.
//
// The texts are data, prompts/<language>/catalogue.json. The recordings beside
// them are made from the texts by announcements/render and embedded; the
// operator may override any of them with a file of the same name in a folder
// of their own. A prompt that a language lacks is said in English, and if need
// be in any language, so a caller is never met with silence.
//
// To change what is said, edit the catalogue, run announcements/render and
// commit the text with its recording: a test compares the two. A language is a
// folder more, with the rules by which it counts in grammarOf.
//
// Nothing here knows telephony or admission: it is told what to say.
package announcements
