package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(budgetOf, identity.BudgetApprove, identity.BudgetLapse, identity.BudgetCarry)

// ListBudgets lists what regions may spend on buying back.
func (s *Server) ListBudgets(ctx context.Context, r gen.ListBudgetsRequestObject) (gen.ListBudgetsResponseObject, error) {
	may, err := s.see(ctx, identity.BudgetRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "fiscal_year", r.Params.Year)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Budgets, alternatives(q, may.by(nil, []string{"region"})), p, func(b reserve.Budget) int64 { return b.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListBudgets200JSONResponse{Items: convertAll(rows, budgetOf), Next: next}, nil
}

func budgetOf(b reserve.Budget) api.Budget {
	return api.Budget{
		ID: b.ID, Region: b.Region, FiscalYear: int(b.FiscalYear), Source: b.Source, Approved: b.Approved.String(), Committed: b.Committed.String(),
		Paid: b.Paid.String(), Lapsed: b.Lapsed.String(), CarriedOver: b.Carried.String(), Left: b.Left().String(),
	}
}

// GetBudget shows a budget.
func (s *Server) GetBudget(ctx context.Context, r gen.GetBudgetRequestObject) (gen.GetBudgetResponseObject, error) {
	b, err := s.budget(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetBudget200JSONResponse(budgetOf(b)), nil
}

// budget reads a budget that the caller may see.
func (s *Server) budget(ctx context.Context, id int64) (b reserve.Budget, err error) {
	may, err := s.see(ctx, identity.BudgetRead)
	if err != nil {
		return b, err
	}
	b, known, err := get(ctx, s, app.Budgets, id)
	if err == nil && (!known || !may.has(0, b.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return b, err
}

// GetBudgetMovements lists what has happened to a budget's money.
func (s *Server) GetBudgetMovements(ctx context.Context, r gen.GetBudgetMovementsRequestObject) (gen.GetBudgetMovementsResponseObject, error) {
	b, err := s.budget(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.BudgetMovements, []app.Query{app.Where("budget", b.ID)}, p, func(m reserve.BudgetMovement) int64 { return m.ID })
	if err != nil {
		return nil, err
	}
	return gen.GetBudgetMovements200JSONResponse{Next: next, Items: convertAll(rows, func(m reserve.BudgetMovement) api.BudgetMovement {
		return api.BudgetMovement{
			ID: m.ID, Move: api.BudgetMove(m.Move), Amount: m.Amount.String(), Reference: optional(m.Reference), Document: optional(m.Document), At: m.At.String(),
		}
	})}, nil
}

// ApproveBudget approves money for buying back.
func (s *Server) ApproveBudget(ctx context.Context, r gen.ApproveBudgetRequestObject) (gen.ApproveBudgetResponseObject, error) {
	var in input
	c := app.BudgetApprove{
		Region: r.Body.Region, FiscalYear: int32(r.Body.FiscalYear), Source: r.Body.Source, //nolint:gosec // the contract bounds it
		Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// LapseBudget gives back what is left of a budget.
func (s *Server) LapseBudget(ctx context.Context, r gen.LapseBudgetRequestObject) (gen.LapseBudgetResponseObject, error) {
	var in input
	c := app.BudgetLapse{Budget: r.ID, Amount: readOptional(&in, "amount", r.Body.Amount, quantity.ParseMoney), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// CarryBudgetOver carries what is left of a budget into the next year.
func (s *Server) CarryBudgetOver(ctx context.Context, r gen.CarryBudgetOverRequestObject) (gen.CarryBudgetOverResponseObject, error) {
	var in input
	c := app.BudgetCarry{Budget: r.ID, Amount: readOptional(&in, "amount", r.Body.Amount, quantity.ParseMoney), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}
