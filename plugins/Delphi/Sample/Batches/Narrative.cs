using System.Globalization;
using System.Text;

namespace DelphiRunner.Plugins.Delphi.Sample.Batches;

/// <summary>Writes what a group thinks about a topic, from the figures alone.</summary>
internal static class Narrative
{
    public static string Write(BatchRequest request, Batch batch)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Group {request.Group} on \"{request.Topic}\"\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{request.Members} participants of conversation {batch.ConversationId}.\n\n");
        foreach (var stance in request.Stances)
        {
            text.Append(Describe(stance));
        }

        text.Append(CultureInfo.InvariantCulture, $"\nBatch {batch.BatchId}, asked for model {batch.Model}; written by the sample from the votes.\n");
        return text.ToString();
    }

    private static string Describe(RequestedStance requested)
    {
        var (text, represents, stance) = requested;
        if (stance.Votes == 0)
        {
            return $"- Nobody voted on \"{text}\".\n";
        }

        var count = stance.Agrees ? stance.Agreeing : stance.Disagreeing;
        var verb = stance.Agrees ? "agree" : "disagree";
        var mark = represents ? string.Create(CultureInfo.InvariantCulture, $", {stance.Ratio:0.0} times as likely as the others") : "";
        return string.Create(CultureInfo.InvariantCulture, $"- {count} of {stance.Votes} {verb} with \"{text}\"{mark}.\n");
    }
}
