"""Pay It Forward: the hand that receives does not see the hand that gives."""
