package knowledge

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// TestGeneratingOperationsExist looks every operation of the list up in the models.
func TestGeneratingOperationsExist(t *testing.T) {
	for name := range generating {
		folder, operation, _ := strings.Cut(name, " ")
		service, err := models.Load(folder)
		if err != nil || service.Operation(operation) == nil {
			t.Errorf("%s is not in the models: %v", name, err)
			continue
		}
		if !Of(service.Name, operation).Generates() {
			t.Errorf("%s is not found as Of names it", name)
		}
	}
}
