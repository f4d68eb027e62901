package records

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/einwahl/einwahl/gateway/lasting"
)

// keyFile is the name of the key that signs checkpoints.
const keyFile = "ledger.key"

// errNoKey tells that the key is gone that has signed the records.
var errNoKey = errors.New("the key that has signed the records is not there")

// openKey reads the key of a folder. Where there is none it is made, if it may
// be.
func openKey(folder string, may bool) (key ed25519.PrivateKey, made bool, err error) {
	path := filepath.Join(folder, keyFile)
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && may:
		key, err = makeKey(path)
		return key, true, err
	case errors.Is(err, os.ErrNotExist):
		return nil, false, fmt.Errorf("%s: %w", path, errNoKey)
	case err != nil:
		return nil, false, fmt.Errorf("read key of the records: %w", err)
	}
	if key, err = parseKey(content); err != nil {
		return nil, false, fmt.Errorf("%s: %w", path, err)
	}
	return key, false, nil
}

func parseKey(content []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("no private key in PKCS 8")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("want an Ed25519 key, not %T", parsed)
	}
	return key, nil
}

// makeKey makes a key, and has it on the disk before it signs anything.
func makeKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of the records: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make key of the records: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := lasting.Replace(path, text); err != nil { // half a key in its place would be in the way for good
		return nil, fmt.Errorf("write key of the records: %w", err)
	}
	return key, nil
}

// appendFile writes to the end of a file, and has it on the disk. A file that is
// made can be read by its owner only.
func appendFile(path string, content []byte, flags int) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|flags, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}
