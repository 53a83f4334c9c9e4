package encumbrance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// CodeKeySize is the length of a key of certificates' codes in bytes.
const CodeKeySize = 32

// CodeKey is a secret that makes the codes of certificates.
type CodeKey [CodeKeySize]byte

const (
	codeChars  = 16 // 80 bits, which nobody finds by trying
	keyIDChars = 4
	codeGroup  = 4
)

var (
	codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding) // Crockford's: no I, L, O, U
	codeReads    = strings.NewReplacer("I", "1", "L", "1", "O", "0", "-", "", " ", "")
)

// ID names the key, and tells nothing of it.
func (k CodeKey) ID() string {
	sum := sha256.Sum256(append([]byte("permitx certificate key id\n"), k[:]...))
	return codeAlphabet.EncodeToString(sum[:])[:keyIDChars]
}

// Code is what shows that who types it has the certificate: the key's name and
// an HMAC of the number, in groups of four.
func (k CodeKey) Code(number string) string {
	code := k.ID() + k.mac(number)
	groups := make([]string, 0, len(code)/codeGroup)
	for ; code != ""; code = code[codeGroup:] {
		groups = append(groups, code[:codeGroup])
	}
	return strings.Join(groups, "-")
}

func (k CodeKey) mac(number string) string {
	h := hmac.New(sha256.New, k[:])
	h.Write([]byte("permitx certificate code\n" + number))
	return codeAlphabet.EncodeToString(h.Sum(nil))[:codeChars]
}

// CodeOutcome is what became of a code that somebody typed.
type CodeOutcome string

// The outcomes.
const (
	CodeNotGiven   CodeOutcome = "not_given"
	CodeRight      CodeOutcome = "right"
	CodeWrong      CodeOutcome = "wrong"
	CodeKeyMissing CodeOutcome = "key_missing" // by a key that is not here: nothing can be said of it
)

// CodeOutcomes are all outcomes.
var CodeOutcomes = []CodeOutcome{CodeNotGiven, CodeRight, CodeWrong, CodeKeyMissing}

// CheckCode says whether a code is that of a number, by the key that it names.
// How long the comparison takes tells nothing of the right code.
func CheckCode(keys []CodeKey, number, typed string) CodeOutcome {
	code := codeReads.Replace(strings.ToUpper(typed))
	switch {
	case code == "":
		return CodeNotGiven
	case len(code) != keyIDChars+codeChars:
		return CodeWrong
	}
	for _, k := range keys {
		if k.ID() != code[:keyIDChars] {
			continue
		}
		if hmac.Equal([]byte(k.mac(number)), []byte(code[keyIDChars:])) {
			return CodeRight
		}
		return CodeWrong
	}
	return CodeKeyMissing
}
