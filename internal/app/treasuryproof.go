package app

// checkOrder returns ErrPaymentProofTaken for a payment order of the treasury that has
// paid a buy-back, or an award of a reverse auction.
func (v *View) checkOrder(proof string) error {
	backs, err := Find(v, BuyBacks, proving(proof))
	if err != nil {
		return err
	}
	if len(backs) > 0 {
		return ErrPaymentProofTaken.With("the document %s proves the payment of buy-back %d already", proof, backs[0].ID)
	}
	awards, err := Find(v, Awards, proving(proof))
	if err == nil && len(awards) > 0 {
		err = ErrPaymentProofTaken.With("the document %s proves the payment of award %d already", proof, awards[0].ID)
	}
	return err
}

// checkReceived returns ErrPaymentProofTaken for a receipt by which the treasury has
// got another refund.
func (v *View) checkReceived(proof string) error {
	refunds, err := Find(v, Refunds, proving(proof))
	if err == nil && len(refunds) > 0 {
		err = ErrPaymentProofTaken.With("the document %s proves refund %d already", proof, refunds[0].ID)
	}
	return err
}
