"""Are the shipped rules' own tests worth anything? Each rule is changed a little; a case must then fail."""
