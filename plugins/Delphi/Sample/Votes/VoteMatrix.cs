namespace DelphiRunner.Plugins.Delphi.Sample.Votes;

/// <summary>Votes of participants (rows) on comments (columns): 1 agrees, -1 disagrees, 0 passes, not a number where there is no vote.</summary>
internal sealed class VoteMatrix
{
    private readonly double[][] _votes;

    /// <summary>Makes a matrix; participants and comments are put in the order of their numbers, and the later of two votes counts.</summary>
    public VoteMatrix(IReadOnlyCollection<Vote> votes)
    {
        Participants = [.. votes.Select(vote => vote.Participant).Distinct().Order()];
        Comments = [.. votes.Select(vote => vote.Comment).Distinct().Order()];
        _votes = [.. Participants.Select(_ => Enumerable.Repeat(double.NaN, Comments.Count).ToArray())];
        var rows = Index(Participants);
        var columns = Index(Comments);
        foreach (var vote in votes)
        {
            _votes[rows[vote.Participant]][columns[vote.Comment]] = vote.Value;
        }
    }

    public IReadOnlyList<int> Participants { get; }

    public IReadOnlyList<int> Comments { get; }

    public int Count => _votes.Sum(row => row.Count(vote => !double.IsNaN(vote)));

    public double this[int row, int column] => _votes[row][column];

    /// <summary>The matrix with each column's mean taken from it, so that a missing vote, taken as the mean, is 0.</summary>
    public double[][] Center()
    {
        var means = Enumerable.Range(0, Comments.Count)
            .Select(column => _votes.Select(row => row[column]).Where(vote => !double.IsNaN(vote)).Average())
            .ToArray();
        return [.. _votes.Select(row => row.Select((vote, column) => double.IsNaN(vote) ? 0 : vote - means[column]).ToArray())];
    }

    private static Dictionary<int, int> Index(IReadOnlyList<int> numbers) =>
        numbers.Select((number, index) => (number, index)).ToDictionary(pair => pair.number, pair => pair.index);
}

/// <summary>One line of a votes file.</summary>
internal readonly record struct Vote(int Participant, int Comment, int Value);
