func (s *Stack) Pop() (string, error) {
	if len(s.items) == 0 {
		return "", errors.New("the stack is empty")
	}
	last := len(s.items) - 1
	item := s.items[last]
	s.items = s.items[:last]
	return item, nil
}
