package announcements

// Notice is what the privacy notice tells (GDPR Art. 13). What is empty is not
// claimed.
type Notice struct {
	Number     string // of the caller, as others see it: masked, hidden or full
	Recording  string // what is asked of who is recorded: off, notice or required
	Processing bool   // consent to the processing itself is asked
	Days       int    // the data of calls are deleted after so many; 0: not known

	Controller Texts // who is responsible
	Address    Texts // and where that is
	DPO        Texts // the data protection officer
	Basis      Texts // legal basis
	Recipients Texts // besides the telephone companies
	Transfer   Texts // out of the European Union: where to, and under what safeguards
	Authority  Texts // to complain to
	Where      Texts // all of it can be read
}

// The operator's own recordings of a whole notice. They take the place of what
// is put together, in the languages that have them.
const (
	OwnShort Prompt = "own.notice.short"
	OwnLong  Prompt = "own.notice.long"
)

// Short is the short notice: who, what for, what others see, and where there is
// more.
func (n Notice) Short() Item {
	return Text(string(OwnShort), Item{parts: n.short})
}

// Long is all of the notice.
func (n Notice) Long() Item {
	return Text(string(OwnLong), Item{parts: n.long})
}

func (n Notice) short(lang string) []part {
	var row []part
	row = append(row, told(PrivacyController, n.Controller, lang)...)
	row = append(row, part{prompt: PrivacyShort})
	switch n.Number {
	case "masked":
		row = append(row, part{prompt: PrivacyMasked})
	case "hidden":
		row = append(row, part{prompt: PrivacyHidden})
	case "full":
		row = append(row, part{prompt: PrivacyFull})
	}
	switch n.Recording {
	case "notice":
		row = append(row, part{prompt: PrivacyNotice})
	case "required":
		row = append(row, part{prompt: PrivacyConsent})
	}
	if n.Days > 0 {
		row = append(row, Retained(n.Days).parts(lang)...)
	}
	if !n.Transfer.Empty() {
		row = append(row, part{prompt: PrivacyTransfer})
	}
	row = append(row, told(PrivacyWhere, n.Where, lang)...)
	return append(row, part{prompt: PrivacyMore})
}

func (n Notice) long(lang string) []part {
	row := told(PrivacyController, n.Controller, lang)
	if row == nil {
		row = prompts(privacyOperator)
	}
	row = append(row, told(privacyAddress, n.Address, lang)...)
	row = append(row, told(privacyDPO, n.DPO, lang)...)
	row = append(row, part{prompt: PrivacyLong})
	row = append(row, told(privacyBasis, n.Basis, lang)...)
	row = append(row, part{prompt: privacyCarriers})
	row = append(row, told(privacyRecipients, n.Recipients, lang)...)
	row = append(row, told(PrivacyTransfer, n.Transfer, lang)...)
	row = append(row, part{prompt: StateLeg})
	if n.Days > 0 {
		row = append(row, Retained(n.Days).parts(lang)...)
	} else {
		row = append(row, part{prompt: privacyKept})
	}
	row = append(row, n.rights(lang)...)
	row = append(row, told(PrivacyWhere, n.Where, lang)...)
	return append(row, part{prompt: privacyEnd})
}

func (n Notice) rights(lang string) []part {
	row := prompts(privacyRights)
	if n.Recording == "notice" || n.Recording == "required" {
		row = append(row, part{prompt: privacyWithdraw})
	}
	if n.Processing {
		row = append(row, part{prompt: privacyHangUp})
	}
	if n.Authority.In(lang) == "" {
		return append(row, part{prompt: privacyAuthorities})
	}
	return append(row, told(privacyAuthority, n.Authority, lang)...)
}

// told is a text of the operator behind what introduces it, nothing where there
// is none.
func told(before Prompt, t Texts, lang string) []part {
	text := t.In(lang)
	if text == "" {
		return nil
	}
	return append(prompts(before), Text(text).parts(lang)...)
}
