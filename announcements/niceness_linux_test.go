package announcements

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSynthesiserGoesNoSoonerThanOthers(t *testing.T) {
	for _, tt := range []struct {
		rule        string
		given, want int
		root        bool // only root may give it that
	}{
		{"one that has the gateway's place goes back to the others", -5, 0, true},
		{"one that lets others go first goes on to", 5, 5, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				tt.given = 0
			}
			cmd := exec.CommandContext(t.Context(), "sleep", "60")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			if err := unix.Setpriority(unix.PRIO_PROCESS, cmd.Process.Pid, tt.given); err != nil {
				t.Fatal(err)
			}
			standBack(cmd.Process.Pid)
			if now, err := unix.Getpriority(unix.PRIO_PROCESS, cmd.Process.Pid); err != nil || 20-now != tt.want {
				t.Errorf("niceness is %d (%v), want %d", 20-now, err, tt.want)
			}
		})
	}
}
